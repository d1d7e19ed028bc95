import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { temporaryFolder } from '../main/example.fixture';
import { paths } from '../main/paths';
import { isSigned } from '../storage/signature';
import { makeBuildPackager, releasePackager } from './manifest';
import { assertReachable, assertSigned, signUpdates } from './package';

const root = path.resolve(import.meta.dirname, '..');

/** The repository's catalog and cards, to be changed. */
async function tree(): Promise<string> {
  const folder = await temporaryFolder();
  const isCard = (file: string) => !/\/(prepared|_|\.)/.test(file.slice(root.length));
  await cp(path.join(root, 'models'), path.join(folder, 'models'), { recursive: true, filter: isCard });
  await mkdir(path.join(folder, 'engines'));
  for (const file of ['catalog.json', 'catalog.json.sig'])
    await cp(path.join(root, 'engines', file), path.join(folder, 'engines', file));
  return folder;
}

describe('a release', () => {
  it('takes the catalog that is signed', async () => {
    await expect(assertSigned(paths(await tree(), false))).resolves.toBeUndefined();
  });

  it('refuses a catalog without a signature', async () => {
    const folder = await tree();
    await rm(path.join(folder, 'engines', 'catalog.json.sig'));
    await expect(assertSigned(paths(folder, false))).rejects.toThrow(/A release needs a signed catalog.*not signed/);
  });

  it('refuses a catalog that was changed after it was signed', async () => {
    const folder = await tree();
    const file = path.join(folder, 'engines', 'catalog.json');
    await writeFile(file, `${await readFile(file, 'utf8')}\n`);
    await expect(assertSigned(paths(folder, false))).rejects.toThrow(/A release needs a signed catalog/);
  });

  it('refuses an address that nobody can be reached at', () => {
    expect(() => assertReachable('maintainer: A <a@b.invalid>')).toThrow(
      /needs a real address in place of a@b\.invalid/,
    );
    expect(() => assertReachable('maintainer: A <a@b.org>')).not.toThrow();
  });

  it('refuses to be signed by another key than the one that apps trust', async () => {
    vi.stubEnv('REFIT_SIGNING_KEY', path.join(await temporaryFolder(), 'none'));
    await expect(releasePackager.sign(Buffer.from('a manifest'))).rejects.toThrow(/A release needs the signing key/);
  });
});

it("signs electron-builder's word on an update so that the app takes it, and not with a byte changed", async () => {
  const folder = await temporaryFolder();
  const packager = await makeBuildPackager(path.join(folder, 'key.pem'));
  const file = path.join(folder, 'latest-linux.yml');
  const installer = 'url: Refit-0.2.0.AppImage\n    sha512: AAAA\n    size: 1\n    blockMapSize: 1';
  await writeFile(file, `version: 0.2.0\nfiles:\n  - ${installer}\npath: Refit-0.2.0.AppImage\nsha512: AAAA\n`);
  await signUpdates(folder, packager);
  const [bytes, signature] = [await readFile(file), await readFile(`${file}.sig`, 'utf8')];
  const key = packager.buildKey ?? '';
  expect(isSigned(bytes, signature, key)).toBe(true);
  bytes[9] = (bytes[9] ?? 0) ^ 1;
  expect(isSigned(bytes, signature, key)).toBe(false);
});

describe.skipIf(!existsSync('/usr/bin/dpkg-deb'))('the deb of what electron-builder asks for', () => {
  const made = async () => {
    const folder = await temporaryFolder();
    const app = path.join(folder, 'an app=1');
    await mkdir(path.join(app, 'deep'), { recursive: true, mode: 0o700 });
    await writeFile(path.join(app, 'refit'), 'a program', { mode: 0o700 });
    await writeFile(path.join(app, 'deep', 'file'), 'a file', { mode: 0o600 });
    await writeFile(path.join(folder, 'postinst'), '#!/bin/sh\n');
    const deb = path.join(folder, 'refit.deb');
    const asked = ['-s', 'dir', '--force', '-t', 'deb', '-d', 'libnss3', '-d', 'libgbm1', '--architecture', 'amd64'];
    const named = ['--name', 'refit', '--version', '1.2.3', '--maintainer', 'A <a@b.invalid>', '--package', deb];
    const described = ['--description', 'One line\n  and another', '--after-install', path.join(folder, 'postinst')];
    execFileSync(path.join(root, 'tools', 'fpm.mjs'), [...asked, ...named, ...described, `${app}/=/opt/Refit`]);
    return deb;
  };

  it('says what it is and what it needs', async () => {
    const fields = execFileSync('dpkg-deb', ['--field', await made()], { encoding: 'utf8' });
    expect(fields).toContain('Package: refit\nVersion: 1.2.3\n');
    expect(fields).toContain('Depends: libnss3, libgbm1\n');
    expect(fields).toContain('Description: One line\n and another\n');
  });

  it("holds the files, root's and for all to read, and runs what it is told to after it is installed", async () => {
    const deb = await made();
    const files = execFileSync('dpkg-deb', ['--contents', deb], { encoding: 'utf8' });
    expect(files).toMatch(/^-rwxr-xr-x root\/root .* \.\/opt\/Refit\/refit$/m);
    expect(files).toMatch(/^-rw-r--r-- root\/root .* \.\/opt\/Refit\/deep\/file$/m);
    expect(execFileSync('dpkg-deb', ['--ctrl-tarfile', deb]).toString()).toContain('postinst');
  });
});
