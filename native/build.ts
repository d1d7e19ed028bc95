/**
 * Compiles the addons: `native/build/refit-tensorrt-rtx.node` and `native/build/pixels.node`. Needs `sdk.ts` to have run. `tsx native/build.ts` runs it,
 * `tsx native/build.ts tensorrt-10` for the other runtime, whose headers are those of factory/tensorrt10/sdk.ts; with `--sanitize` it makes the build
 * that finds memory errors and undefined behaviour, in `native/build-sanitize`. `--faults` compiles what tests make a GPU's faults
 * with instead. REFIT_STRICT=1 lets a warning end the build (.ci/run).
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type DevRuntime, devRuntimes } from './addon';
import { command, findCmake, type Log, message } from './commands';

const source = import.meta.dirname;

export interface BuildSettings {
  runtime?: DevRuntime;
  /** With AddressSanitizer and UndefinedBehaviorSanitizer (GCC, Clang), in a folder of its own. */
  sanitize?: boolean;
  /** Not the addons, but what tests make faults with (test/addon/faults): each in a folder of its own, for tests run side by side. */
  faults?: 'gpu' | 'task' | 'tile';
}

/** Outside of what is packaged (electron-builder.yml names it). */
export const gpuFaultsFile = join(source, 'build', 'gpu-faults.node');
export const taskFaultsFile = join(source, 'build-task', 'task-faults.node');
/** REFIT_ADDON_BUILD names the sanitizers' (tools/sanitize.ts). */
export const tileFaultsFile = join(source, process.env.REFIT_ADDON_BUILD ?? 'build-tile', 'tile-faults.node');

/** Compiles what changed, which cmake decides. @throws Error with the compiler's words. */
export async function buildAddon(log: Log, settings: BuildSettings = {}): Promise<void> {
  const { runtime = 'tensorrt-rtx', sanitize = false, faults } = settings;
  const { addonFile, libraryDir } = devRuntimes[runtime];
  const own = sanitize ? 'build-sanitize' : (faults === 'task' || faults === 'tile') && `build-${faults}`;
  const build = own ? join(source, own) : join(source, '..', dirname(addonFile));
  const ours = [`-DREFIT_RUNTIME=${runtime}`, `-DREFIT_SDK_INCLUDE=${join(source, '..', libraryDir, '..', 'include')}`];
  if (runtime === 'tensorrt-10') ours.push('-DREFIT_RUNTIME_SOURCE=../factory/tensorrt10/runtime_tensorrt_10.cc');
  const cmake = await findCmake(log);
  const warnings = `-DREFIT_WERROR=${process.env.REFIT_STRICT === '1' ? 'ON' : 'OFF'}`;
  if (existsSync(join(build, 'CMakeCache.txt'))) {
    await explained(command(cmake, [build, warnings]));
  } else {
    log('addon: configuring');
    const hasNinja = await command('ninja', ['--version']).then(
      () => true,
      () => false,
    );
    const generator = hasNinja ? ['-G', 'Ninja'] : [];
    const kind = sanitize ? ['-DCMAKE_BUILD_TYPE=RelWithDebInfo', '-DSANITIZE=ON'] : ['-DCMAKE_BUILD_TYPE=Release'];
    await explained(command(cmake, ['-S', source, '-B', build, ...kind, ...ours, warnings, ...generator]));
  }
  log('addon: compiling');
  const target = ['--target', ...(faults ? [`${faults}-faults`] : ['addon', 'pixels'])];
  await explained(command(cmake, ['--build', build, '--config', 'Release', '--parallel', ...target]));
  log('addon: ready');
}

async function explained(work: Promise<string>): Promise<void> {
  await work.catch((error: unknown) => {
    const compiler =
      process.platform === 'win32' ? 'Visual Studio 2022 Build Tools with C++' : 'g++ 9 or clang 10, or newer';
    throw new Error(`The addon could not be compiled. It needs ${compiler}. ${message(error)}`);
  });
}

if (process.argv[1] === import.meta.filename)
  buildAddon(console.log, {
    runtime: process.argv.includes('tensorrt-10') ? 'tensorrt-10' : 'tensorrt-rtx',
    sanitize: process.argv.includes('--sanitize'),
    ...(process.argv.includes('--faults') && { faults: 'gpu' }),
  }).catch((error: unknown) => {
    console.error(message(error));
    process.exitCode = 1;
  });
