/**
 * Provides the engine libraries that addons are compiled against and open: `native/sdk/<version>/{include,lib}`, not in git.
 * Libraries come from PyPI wheels, headers from a crate; both pinned (app/runtimes.ts, and here). TENSORRT_RTX_ROOT, an SDK folder
 * with include/ and lib/, stands in for the one of its own version. `tsx native/sdk.ts [version…]` runs it.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type Runtime, runtimeOf } from '../app/runtimes';
import { command, findPython, type Log, message, watched } from './commands';
import { fetchHeaders, type HeaderCrate, requireHash } from './headers';
import { sdkDir, shippedRuntimes } from './places';

/** The crate of the headers. */
export const headerCrate = { name: 'trtx-sys', version: '0.9.1' };

const crateOf = ({ headers: { folder, sha256 } }: Runtime): HeaderCrate => ({
  ...headerCrate,
  headers: join('TensorRT-Headers', folder),
  cudaHeader: join('TensorRT-Headers', 'cuda_runtime_api.h'),
  sha256,
});

/** To be counted up when what is kept of the packages changes, so that an older SDK folder is made again. */
const layout = 2;

interface Wheel {
  /** As pip asks for it. */
  name: string;
  platform: string;
  sha256: string;
  libraries: string[];
}

/** The wheel that this machine takes. @throws Error on other machines. */
function wheelHere({ version, wheel }: Runtime): Wheel {
  const name = `${wheel.package}==${wheel.version}`;
  const [major, minor] = version.split('.');
  if (process.arch === 'x64' && process.platform === 'linux')
    return {
      name,
      platform: 'manylinux_2_28_x86_64',
      sha256: wheel.linuxSha256,
      libraries: [`libtensorrt_rtx.so.${major}`, `libtensorrt_onnxparser_rtx.so.${major}`],
    };
  if (process.arch === 'x64' && process.platform === 'win32')
    return {
      name,
      platform: 'win_amd64',
      sha256: wheel.windowsSha256,
      libraries: [`tensorrt_rtx_${major}_${minor}.dll`, `tensorrt_onnxparser_rtx_${major}_${minor}.dll`],
    };
  throw new Error(`TensorRT for RTX exists for x64 Linux and Windows, not for ${process.arch} ${process.platform}.`);
}

/** Provides every engine library that the app ships with. @throws Error that says what to do. */
export async function provideSdks(log: Log): Promise<void> {
  for (const name of await shippedRuntimes()) await provideSdk(log, name);
}

/**
 * Fetches, checks and unpacks one engine library; does nothing where that is done.
 * @param name of an engine library, or its version. @throws Error that says what to do.
 */
export async function provideSdk(log: Log, name: string): Promise<void> {
  const runtime = runtimeOf(name);
  const { version } = runtime;
  const title = `TensorRT for RTX ${version}`;
  const given = process.env.TENSORRT_RTX_ROOT;
  const has = given && (await versionOfHeaders(join(given, 'include')));
  if (given && !has) throw new Error(`TENSORRT_RTX_ROOT=${given} is not a TensorRT for RTX SDK folder.`);
  const own = has === version ? given : undefined;
  if (given && !own) log(`${title}: TENSORRT_RTX_ROOT=${given} is not of this version, so it is fetched`);
  const sdk = sdkDir(version);
  const wheel = wheelHere(runtime);
  const crate = crateOf(runtime);
  const pins = own ? `TENSORRT_RTX_ROOT=${own}` : `${wheel.sha256} ${crate.sha256} ${layout}`;
  const stamp = await readFile(join(sdk, 'stamp'), 'utf8').catch(() => '');
  const libraries = wheel.libraries.map((library) => join(sdk, 'lib', library));
  if (stamp === pins && libraries.every(existsSync)) return log(`${title}: there already`);

  const making = `${sdk}.part`;
  await rm(making, { recursive: true, force: true });
  await mkdir(join(making, 'include'), { recursive: true });
  await mkdir(join(making, 'lib'));
  const temporary = await mkdtemp(join(tmpdir(), 'refit-sdk-'));
  try {
    if (own) {
      log(`${title}: copying from ${own}`);
      await copyOwn(own, making, wheel.libraries);
    } else {
      log(`${title}: fetching libraries (PyPI ${wheel.name}, 90 MB)`);
      await fetchLibraries(wheel, temporary, join(making, 'lib'));
      log(`${title}: fetching headers (crate ${crate.name} ${crate.version})`);
      await fetchHeaders(
        crate,
        temporary,
        join(making, 'include'),
        `TENSORRT_RTX_ROOT to an unpacked TensorRT for RTX ${version} SDK`,
      );
    }
    await writeFile(join(making, 'stamp'), pins);
    await rm(sdk, { recursive: true, force: true });
    await rename(making, sdk);
    log(`${title}: ready`);
  } finally {
    await rm(temporary, { recursive: true, force: true });
    await rm(making, { recursive: true, force: true });
  }
}

async function fetchLibraries(
  { name, platform, sha256, libraries }: Wheel,
  temporary: string,
  into: string,
): Promise<void> {
  const [python, ...pythonArgs] = await findPython();
  const downloads = join(temporary, 'wheel');
  const options = ['--no-deps', '--only-binary=:all:', '--platform', platform, '--disable-pip-version-check'];
  try {
    await watched(python, [...pythonArgs, '-m', 'pip', 'download', ...options, '-d', downloads, name]);
  } catch (error) {
    throw new Error(`pip could not download ${name}. Check the network and try again. ${message(error)}`);
  }
  const file = (await readdir(downloads)).find((each) => each.endsWith('.whl'));
  if (!file) throw new Error(`pip downloaded no wheel of ${name}.`);
  const hash = createHash('sha256')
    .update(await readFile(join(downloads, file)))
    .digest('hex');
  requireHash(file, hash, sha256);
  const unpacked = join(temporary, 'unpacked');
  await command(python, [...pythonArgs, '-m', 'zipfile', '-e', join(downloads, file), unpacked]);
  for (const library of libraries) await cp(join(unpacked, 'tensorrt_rtx_libs', library), join(into, library));
  await keepTerms(name, unpacked, into);
}

/**
 * NVIDIA's terms travel with the libraries, into the packaged app too. The Linux wheel has them in its `.dist-info/licenses`,
 * the one for Windows in `.dist-info` itself.
 * @param wheel its name. @param unpacked its files. @throws Error where the terms are not among them.
 */
export async function keepTerms(wheel: string, unpacked: string, into: string): Promise<void> {
  const name = 'LICENSE.txt';
  const information = (await readdir(unpacked)).find((folder) => folder.endsWith('.dist-info'));
  if (!information) throw new Error(`${wheel} has no .dist-info folder.`);
  const found = (await readdir(join(unpacked, information), { recursive: true })).find(
    (file) => basename(file) === name,
  );
  if (!found) throw new Error(`${wheel} has no ${name} in its .dist-info.`);
  await cp(join(unpacked, information, found), join(into, name));
}

async function copyOwn(own: string, into: string, libraries: string[]): Promise<void> {
  try {
    await cp(join(own, 'include'), join(into, 'include'), { recursive: true, dereference: true });
    for (const library of libraries) {
      // NVIDIA's Windows archives keep DLLs in bin.
      const from = join(own, 'lib', library);
      await cp(from, join(into, 'lib', library), { dereference: true }).catch(() =>
        cp(join(own, 'bin', library), join(into, 'lib', library), { dereference: true }),
      );
    }
  } catch (error) {
    throw new Error(`TENSORRT_RTX_ROOT=${own} is not a whole TensorRT for RTX SDK folder. ${message(error)}`);
  }
  const cudaHeader = 'typedef struct CUevent_st *cudaEvent_t;\ntypedef struct CUstream_st *cudaStream_t;\n';
  await writeFile(join(into, 'include', 'cuda_runtime_api.h'), `#pragma once\n${cudaHeader}`);
}

/** @returns "1.6.1"; undefined where these are not TensorRT-RTX's headers. */
async function versionOfHeaders(include: string): Promise<string | undefined> {
  const header = await readFile(join(include, 'NvInferVersion.h'), 'utf8').catch(() => '');
  const parts = ['MAJOR', 'MINOR', 'PATCH'].map((part) => header.match(`define TRT_${part}_RTX (\\d+)`)?.[1]);
  return parts.includes(undefined) ? undefined : parts.join('.');
}

if (process.argv[1] === import.meta.filename) {
  const asked = process.argv.slice(2);
  const work =
    asked.length === 0 ? provideSdks(console.log) : Promise.all(asked.map((name) => provideSdk(console.log, name)));
  work.catch((error: unknown) => {
    console.error(message(error));
    process.exitCode = 1;
  });
}
