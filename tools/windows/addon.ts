/**
 * Compiles the addons for Windows on Linux, for tests alone: `tsx tools/windows/addon.ts`. What ships is compiled by MSVC
 * (native/CMakeLists.txt). NVIDIA's DLLs have Microsoft's C++ ABI; of the compilers in package registries Clang alone speaks it.
 * libc++, mingw-w64's headers and the linker come with it in PyPI's `ziglang`.
 */
import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { defaultRuntime, runtimeOf, runtimeSlug } from '../../app/runtimes';
import { command, type Log, message } from '../../native/commands';
import { includeDir } from '../../native/places';
import { keepTerms, provideSdk } from '../../native/sdk';
import { cache, type Pinned, root, wheel } from './fetch';

const zig: Pinned = {
  name: 'ziglang',
  version: '0.14.1',
  sha256: '6eb9d4d759b292c83810dbee2e9e8e3fbfbf01d864e6e9811bae711fd74e1c2f',
};
const abi = path.join(import.meta.dirname, 'abi');
const objects = path.join(cache, 'objects');

/** The folder that the addons for Windows lie in, `lib/` with NVIDIA's DLLs beside them. */
export const addonFolder = path.join(cache, 'addon');
export const addonFile = path.join(addonFolder, `refit-${runtimeSlug(defaultRuntime)}.node`);

/** What of libc++ the addons use, and what that uses. */
const libcxx = [
  ...['algorithm', 'any', 'bind', 'call_once', 'chrono', 'condition_variable', 'condition_variable_destructor'],
  ...['error_category', 'exception', 'functional', 'future', 'hash', 'ios', 'ios.instantiations', 'locale', 'memory'],
  ...['mutex', 'mutex_destructor', 'new', 'new_handler', 'new_helpers', 'optional', 'ostream', 'stdexcept', 'string'],
  ...['system_error', 'thread', 'typeinfo', 'variant', 'vector', 'verbose_abort'],
  ...['directory_entry', 'directory_iterator', 'filesystem_clock', 'filesystem_error', 'operations', 'path'].map(
    (name) => `filesystem/${name}`,
  ),
  ...['locale_win32', 'support', 'thread_win32'].map((name) => `support/win32/${name}`),
];

/** @returns the compiler's command, the options that every source gets, and where the compiler's own files lie. */
async function toolchain(log: Log) {
  const home = path.join(await wheel(log, zig), 'ziglang');
  const headers = path.join(home, 'lib', 'libc', 'include', 'any-windows-any');
  const program = path.join(home, 'zig');
  await command('chmod', ['+x', program]);
  const target = [
    ...['clang', '--target=x86_64-pc-windows-msvc', '-fms-compatibility-version=0', '-fgnuc-version=4.2.1', '-O2'],
    // mingw-w64's headers, in the form that fits Microsoft's own C library.
    ...['-D__MINGW32__', '-D__MINGW64__', '-D_UCRT', '-D__MSVCRT_VERSION__=0xE00', '-D_WIN32_WINNT=0x0A00'],
    ...['-DNOMINMAX', '-DWIN32_LEAN_AND_MEAN', '-nostdinc'],
  ];
  const c = [...target, '-isystem', path.join(home, 'lib', 'include'), '-isystem', headers, '-fno-builtin'];
  const cxx = [
    ...target,
    ...['-include', path.join(abi, 'site.h'), '-isystem', abi, '-isystem', path.join(home, 'lib', 'libcxx', 'include')],
    ...['-isystem', path.join(home, 'lib', 'include'), '-isystem', headers],
    ...['-fno-threadsafe-statics', '-fcxx-exceptions', '-fexceptions', '-frtti'],
  ];
  return { home, program, c, cxx };
}
/** The compiler and linker in one. */
export const zigProgram = async (log: Log): Promise<string> => (await toolchain(log)).program;
type Toolchain = Awaited<ReturnType<typeof toolchain>>;

/**
 * Compiles addons and driver, where anything that they are made of has changed.
 * @returns the folder: addons, `lib/` with NVIDIA's DLLs, `nvcuda.dll` that answers as a test says. @throws Error with the compiler's words.
 */
export async function provideWindowsAddon(log: Log): Promise<string> {
  const runtime = runtimeOf(defaultRuntime);
  await provideSdk(log, defaultRuntime);
  const chain = await toolchain(log);
  await mkdir(objects, { recursive: true });
  await mkdir(path.join(addonFolder, 'lib'), { recursive: true });
  await copyLibraries(log, runtime);

  const sources = await sourcesOf('native/CMakeLists.txt');
  const includes = [path.join(root, 'native', 'src'), includeDir(defaultRuntime)];
  for (const name of ['node-api-headers/include', 'node-addon-api'])
    includes.push(path.join(root, 'node_modules', name));
  const definitions = ['NAPI_VERSION=8', 'NODE_ADDON_API_CPP_EXCEPTIONS', 'NODE_GYP_MODULE_NAME=refit'];
  const app = [
    '-std=c++17',
    ...definitions.map((each) => `-D${each}`),
    ...includes.flatMap((each) => ['-isystem', each]),
  ];
  const library = path.join(chain.home, 'lib', 'libcxx', 'src');
  const libraryOptions = [
    '-std=c++20',
    '-D_LIBCPP_BUILDING_LIBRARY',
    `-I${library}`,
    `-I${path.join(library, 'include')}`,
    '-w',
  ];
  const crt = path.join(chain.home, 'lib', 'libc', 'mingw', 'misc');

  const compile = new Compiler(chain, log);
  const standard = await compile.all(
    libcxx.map((name) => path.join(library, `${name}.cpp`)),
    [...chain.cxx, ...libraryOptions],
  );
  standard.push(...(await compile.all([path.join(abi, 'runtime.c')], chain.c)));
  standard.push(
    ...(await compile.all(
      ['delayimp.c', 'delay-f.c'].map((name) => path.join(crt, name)),
      [...chain.c, '-w'],
    )),
  );
  standard.push(...(await compile.all([await hook()], [...chain.cxx, ...app])));
  const headers = await hashOf(await filesOf(path.join(root, 'native', 'src'), '.h'));
  const objectsOf = (names: string[]) =>
    compile.all(
      names.map((name) => path.join(root, 'native', name)),
      [...chain.cxx, ...app, `-DREFIT_HEADERS=${headers}`],
    );
  const libraries = await importLibraries(chain);
  await compile.link(addonFile, [...(await objectsOf(sources.addon)), ...standard], libraries);
  await compile.link(
    path.join(addonFolder, 'pixels.node'),
    [...(await objectsOf(sources.pixels)), ...standard],
    libraries,
  );
  await provideDriver(compile, chain, libraries);
  log(`addon for Windows: ready (${compile.compiled} sources compiled)`);
  return addonFolder;
}

/** The sources of both addons, as CMake has them. */
async function sourcesOf(file: string): Promise<{ addon: string[]; pixels: string[] }> {
  const text = await readFile(path.join(root, file), 'utf8');
  const within = (start: RegExp): string[] => {
    const block = start.exec(text)?.[1] ?? '';
    return [...block.matchAll(/src\/\w+\.cc/g)].map(([source]) => source);
  };
  const addon = within(/set\(sources\n([^)]+)\)/);
  const runtime = /REFIT_RUNTIME_SOURCE "(src\/\w+\.cc)"/.exec(text)?.[1];
  const pixels = within(/refit_addon\(pixels\n([^)]+)\)/);
  if (addon.length === 0 || pixels.length === 0 || !runtime)
    throw new Error(`${file} does not list the addons' sources.`);
  return { addon: [...addon, runtime], pixels };
}

/** src/win_delay_load.cc for mingw-w64, whose header does not declare the hook as a constant, as Microsoft's does. */
async function hook(): Promise<string> {
  const text = await readFile(path.join(root, 'native', 'src', 'win_delay_load.cc'), 'utf8');
  const file = path.join(objects, 'win_delay_load.cc');
  await writeFile(file, text.replace('extern "C" const', 'extern "C"'));
  return file;
}

class Compiler {
  compiled = 0;
  constructor(
    private readonly chain: Toolchain,
    private readonly log: Log,
  ) {}

  /** Compiles what is not there already, two at a time. @returns the objects. */
  async all(sources: string[], options: string[]): Promise<string[]> {
    const made: string[] = [];
    const waiting = [...sources];
    const work = async () => {
      for (let source = waiting.shift(); source; source = waiting.shift()) made.push(await this.one(source, options));
    };
    await Promise.all([work(), work()]);
    return made.sort();
  }

  private async one(source: string, options: string[]): Promise<string> {
    const name = createHash('sha256')
      .update(options.join('\n'))
      .update(await readFile(source))
      .digest('hex');
    const object = path.join(objects, `${path.parse(source).name}-${name.slice(0, 16)}.o`);
    if (await exists(object)) return object;
    if (this.compiled++ === 0) this.log('addon for Windows: compiling');
    const part = `${object}.part`;
    await command(this.chain.program, [...options, '-c', source, '-o', part]);
    await rename(part, object);
    return object;
  }

  async link(target: string, inputs: string[], libraries: string[], options: string[] = ['/delayload:node.exe']) {
    const part = `${target}.part`;
    const always = [
      '/dll',
      '/entry:start',
      '/nodefaultlib',
      '/include:_tls_used',
      '/opt:ref',
      '/noimplib',
      '/errorlimit:0',
    ];
    // The linker takes an import library's name for the DLL's, and the file's name for what it exports.
    await command(this.chain.program, ['lld-link', ...always, ...options, `/out:${part}`, ...inputs, ...libraries]);
    await rename(part, target);
  }
}

/** Libraries by which the linker knows what DLLs export: mingw-w64 describes Windows' own, node-api-headers Node's. */
async function importLibraries({ home, program }: Toolchain): Promise<string[]> {
  const mingw = path.join(home, 'lib', 'libc', 'mingw');
  const made: string[] = [];
  const make = async (name: string, definition: string, options: string[] = []) => {
    const library = path.join(objects, `${name}.lib`);
    await command(program, ['dlltool', '-m', 'i386:x86-64', '-d', definition, '-l', library, ...options]);
    made.push(library);
  };
  for (const name of ['kernel32', 'ucrtbase', 'vcruntime140']) {
    const definition = path.join(objects, `${name}.def`);
    const source = path.join(mingw, 'lib-common', `${name}.def.in`);
    const preprocess = ['clang', '-E', '-P', '-x', 'c', '-DDEF_X64', '-DF_X64', `-I${path.join(mingw, 'def-include')}`];
    await command(program, [...preprocess, source, '-o', definition]);
    await make(name, definition);
  }
  await make('msvcp140', path.join(abi, 'msvcp140.def'));
  const definitions = path.join(root, 'node_modules', 'node-api-headers', 'def');
  const [js, node] = await Promise.all(
    ['js_native_api.def', 'node_api.def'].map((name) => readFile(path.join(definitions, name), 'utf8')),
  );
  const own = (node ?? '').split('\n').filter((line) => /^(napi|node_api)/.test(line));
  await writeFile(path.join(objects, 'node.def'), `${js}\n${own.join('\n')}\n`);
  await make('node', path.join(objects, 'node.def'), ['-D', 'node.exe']);
  return made;
}

/** NVIDIA's DLLs, with its terms, out of the wheel that set-up takes on Windows. */
async function copyLibraries(log: Log, { wheel: pinned, version }: ReturnType<typeof runtimeOf>): Promise<void> {
  const folder = path.join(addonFolder, 'lib');
  const unpacked = await wheel(
    log,
    { name: pinned.package, version: pinned.version, sha256: pinned.windowsSha256 },
    'win_amd64',
  );
  const [major, minor] = version.split('.');
  for (const name of [`tensorrt_rtx_${major}_${minor}.dll`, `tensorrt_onnxparser_rtx_${major}_${minor}.dll`])
    if (!(await exists(path.join(folder, name))))
      await cp(path.join(unpacked, 'tensorrt_rtx_libs', name), path.join(folder, name));
  await keepTerms(pinned.package, unpacked, folder);
}

/** What `tensorrt_rtx_1_6.dll` takes from NVIDIA's driver and the tests' driver (test/addon/driver.fixture.c) lacks: none is called. */
const driverStubs = [
  ...['cuCtxGetCurrent', 'cuCtxGetDevice', 'cuCtxPopCurrent_v2', 'cuCtxPushCurrent_v2', 'cuFuncGetAttribute'],
  ...['cuFuncSetAttribute', 'cuLaunchKernel', 'cuMemcpyAsync', 'cuMemsetD8Async', 'cuModuleGetFunction'],
  ...['cuModuleLoadDataEx', 'cuModuleUnload'],
];

/** `nvcuda.dll` of the driver that answers as a test says. */
async function provideDriver(compile: Compiler, { c }: Toolchain, libraries: string[]): Promise<void> {
  const fixture = path.join(root, 'test', 'addon', 'driver.fixture.c');
  const text = await readFile(fixture, 'utf8');
  const stubs = path.join(objects, 'driver-stubs.c');
  await writeFile(stubs, driverStubs.map((name) => `int ${name}(void) { return 999; }\n`).join(''));
  const names = [...text.matchAll(/^(?:int |UNUSED\()(cu\w+)/gm)].map(([, name]) => name ?? '');
  const inputs = await compile.all([fixture, stubs, path.join(abi, 'runtime.c')], [...c, '-w']);
  const exported = [...new Set([...names, ...driverStubs])].map((name) => `/export:${name}`);
  await compile.link(path.join(addonFolder, 'nvcuda.dll'), inputs, libraries, exported);
}

const exists = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );

async function filesOf(folder: string, ending: string): Promise<string[]> {
  return (await readdir(folder))
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => path.join(folder, name));
}

async function hashOf(files: string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) hash.update(await readFile(file));
  return hash.digest('hex').slice(0, 16);
}

if (process.argv[1] === import.meta.filename) {
  const began = performance.now();
  await provideWindowsAddon(console.log).then(
    (folder) => console.log(`${folder} after ${Math.round((performance.now() - began) / 1000)} s`),
    async (error: unknown) => {
      console.error(message(error));
      process.exitCode = 1;
    },
  );
}
