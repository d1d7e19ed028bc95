/**
 * Packages the app: `tsx tools/package.ts [--installer | --appimage | --release] [--updates <address>]`.
 *
 * Without options: the unpacked app in `release/<platform>-unpacked`, whose inspector is open to the tests. `--installer`: also
 * this platform's installer, its inspector closed, in `release/installer`. `--appimage`: the AppImage in its place, for tests, in
 * `release/appimage`. `--release`: all of the platform's installers as they may be given to users, signed with the release key, on the
 * official Electron.
 */
import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type AfterPackContext, build, type Configuration } from 'electron-builder';
import { runtimeSlug, versionOf } from '../app/runtimes';
import { unlicensed } from '../factory/models/licences';
import { modelFolders } from '../factory/models/prepare';
import { helpWith } from '../main/cli/help';
import { paths } from '../main/paths';
import { readShipped } from '../main/setup/shipped';
import { shippedRuntimes } from '../native/places';
import metadata from '../package.json' with { type: 'json' };
import { signatureFile } from '../storage/signature';
import { wordsOf } from '../words/errors';
import { provideAppImageTools } from './appImage';
import { assertReleasable, type Electron, provideElectron, unlinkApp } from './electron';
import { licencesName, writeLicences } from './licences';
import { makeBuildPackager, type Packager, releasePackager, writeManifest } from './manifest';
import { manual, writeManual } from './manual';
import { writeSbom } from './sbom';

const root = path.resolve(import.meta.dirname, '..');
const output = path.join(root, 'release');

/** Private half of the key of the last build that was not a release. */
export const buildKeyFile = path.join(output, 'build-key.pem');

interface Wanted {
  kind: 'tested' | 'installer' | 'appimage' | 'release';
  /** Address of the folder that updates come from; without one the app looks for none. */
  updates?: string | undefined;
}

/** Packages the app. @throws Error that says what to do, before anything is packaged, where a release lacks something. */
export async function packageApp(log: (line: string) => void, { kind, updates }: Wanted): Promise<void> {
  const electron = await provideElectron(log, { release: kind === 'release' });
  if (kind === 'release') {
    assertReleasable(electron);
    await assertSigned();
    await assertLicensed(await modelFolders());
    assertReachable(await readFile(path.join(root, 'electron-builder.yml'), 'utf8'));
    assertReachable(await readFile(path.join(root, 'package.json'), 'utf8'));
    await releasePackager.sign(Buffer.from('whether the key is here'));
  }
  await unlinkApp(electron);
  await mkdir(output, { recursive: true });
  const packager = kind === 'release' ? releasePackager : await makeBuildPackager(buildKeyFile);
  const runtimes = await shippedRuntimes();
  if (kind !== 'release')
    await make(log, configuration(electron, packager, { open: true, folder: output, runtimes, log }), true);
  if (kind === 'tested') return;
  const folder = kind === 'release' ? output : path.join(output, kind);
  // An earlier package's files must not be taken for this one's.
  if (kind !== 'release') await rm(folder, { recursive: true, force: true });
  const closed = configuration(electron, packager, { open: false, folder, runtimes, log });
  // What is not given to users need not be small: xz takes minutes, zstd seconds.
  const compression = kind === 'release' ? {} : { compression: 'zst' as const };
  const target = kind === 'release' ? {} : { linux: { target: kind === 'appimage' ? 'AppImage' : 'deb' } };
  const linux = { ...target, deb: { ...compression, fpm: [`${await makeManual()}=/usr/share/man/man1/refit.1.gz`] } };
  if (kind === 'appimage') process.env.APPIMAGE_TOOLS_PATH ??= await provideAppImageTools(log);
  const publish = updates ? { publish: { provider: 'generic' as const, url: updates } } : {};
  if (hasDpkg()) process.env.CUSTOM_FPM_PATH ??= path.join(root, 'tools', 'fpm.mjs');
  await make(log, { ...closed, ...linux, ...publish }, false);
  await signUpdates(folder, packager);
}

/** @returns the manual page's file. */
async function makeManual(): Promise<string> {
  const file = path.join(output, 'refit.1.gz');
  const help = helpWith(path.join(root, 'models'));
  await writeManual(
    file,
    manual(help, { version: metadata.version, synopsis: 'makes pictures better on your own GPU' }),
  );
  return file;
}

/** Signs electron-builder's description of the update, since main/updates/updates.ts believes no other. */
export async function signUpdates(folder: string, packager: Packager): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!/^latest.*\.yml$/.test(name)) continue;
    const file = path.join(folder, name);
    await writeFile(signatureFile(file), await packager.sign(await readFile(file)));
  }
}

async function make(log: (line: string) => void, config: Configuration, dir: boolean): Promise<void> {
  const made = await build({ projectDir: root, dir, publish: 'never', config });
  log(made.length > 0 ? `Made ${made.join(', ')}` : 'Made the unpacked app in release/');
}

/** @param open whether the inspector is, which Playwright drives the tested app through. @param runtimes engine libraries. */
function configuration(
  electron: Electron,
  packager: Packager,
  { open, folder, runtimes, log }: { open: boolean; folder: string; runtimes: string[]; log: (line: string) => void },
): Configuration {
  return {
    extends: 'electron-builder.yml',
    directories: { output: folder },
    electronDist: electron.dir,
    electronVersion: electron.version,
    electronFuses: { enableNodeCliInspectArguments: open },
    extraResources: runtimes.flatMap((name) => [
      { from: 'native/build', to: 'native', filter: [`refit-${runtimeSlug(name)}.node`] },
      { from: `native/sdk/${versionOf(name)}/lib`, to: `native/lib/${versionOf(name)}` },
    ]),
    ...(packager.buildKey && { extraMetadata: { buildKey: packager.buildKey } }),
    afterPack: async ({ appOutDir, packager: platform }: AfterPackContext) => {
      const resources = platform.getResourcesDir(appOutDir);
      await writeLicences(path.join(resources, licencesName), electron, log);
      await writeSbom(appOutDir, resources, electron);
      await writeManifest(resources, packager);
    },
  };
}

function hasDpkg(): boolean {
  try {
    execFileSync('dpkg-deb', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** @throws Error where the app would refuse its own engines. */
export async function assertSigned(where = paths(root, false)): Promise<void> {
  const { notices } = await readShipped(where);
  if (notices.length === 0) return;
  const words = notices.map((notice) => wordsOf(notice).message).join(' ');
  throw new Error(`A release needs a signed catalog and cards that it knows (npm run refit -- sign). ${words}`);
}

/** @param folders of models. @throws Error where one of them may not be given to anyone as it is. */
export async function assertLicensed(folders: string[]): Promise<void> {
  const faults = (await Promise.all(folders.map(unlicensed))).flat();
  if (faults.length > 0) throw new Error(`A release needs the licence of every model. ${faults.join(' ')}`);
}

/** @throws Error where `text` still has a placeholder for an address: users must be able to reach the app's makers. */
export function assertReachable(text: string): void {
  const [placeholder] = /[\w.@/:-]+\.invalid\b/.exec(text) ?? [];
  if (placeholder) throw new Error(`A release needs a real address in place of ${placeholder}.`);
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: {
      release: { type: 'boolean', default: process.env.REFIT_RELEASE === '1' },
      installer: { type: 'boolean', default: false },
      appimage: { type: 'boolean', default: false },
      updates: { type: 'string' },
    },
  });
  const made = values.appimage ? 'appimage' : values.installer ? 'installer' : 'tested';
  const kind = values.release ? 'release' : made;
  await packageApp(console.log, { kind, updates: values.updates }).catch((error: unknown) => {
    console.error(`✗ ${error instanceof Error ? error.message : error}`);
    process.exit(1);
  });
}
