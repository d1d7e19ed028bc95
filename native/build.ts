/**
 * Compiles the addons: one for each engine library that the catalog names, `native/build/refit-tensorrt-rtx-1.6.1.node`, and
 * `native/build/pixels.node`. `sdk.ts` must have run. `tsx native/build.ts` runs it; `--sanitize` makes the build that finds memory
 * errors and undefined behaviour, in `native/build-sanitize`. With REFIT_STRICT=1 (.ci/run) a warning ends the build.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runtimeOf, runtimeSlug } from '../app/runtimes';
import { command, findCmake, type Log, message } from './commands';
import { includeDir, shippedRuntimes } from './places';

const native = import.meta.dirname;

export interface BuildSettings {
  /** With AddressSanitizer and UndefinedBehaviorSanitizer (GCC, Clang), in a folder of its own. */
  sanitize?: boolean;
}

/**
 * Compiles the app's addons.
 * @param more names or versions of engine libraries that the catalog does not name. @throws Error with the compiler's words.
 */
export async function buildAddon(log: Log, { sanitize = false }: BuildSettings = {}, ...more: string[]): Promise<void> {
  const names = [...new Set([...(await shippedRuntimes()), ...more.map((name) => runtimeOf(name).name)])];
  const targets = names.map(runtimeSlug);
  await compile(log, {
    project: native,
    build: join(native, sanitize ? 'build-sanitize' : 'build'),
    targets: [...targets, 'pixels'],
    sanitize,
    variables: {
      REFIT_RUNTIMES: targets.join(';'),
      REFIT_SDK_INCLUDES: names.map((name) => includeDir(name)).join(';'),
    },
  });
}

export interface Compilation extends BuildSettings {
  /** The folder of the CMakeLists.txt. */
  project: string;
  /** The folder that gets the addons. Two processes must not compile into one at a time. */
  build: string;
  /** None: the folder is only configured. */
  targets: string[];
  /** CMake's variables, by name. */
  variables?: Record<string, string>;
}

/** Compiles what changed, which CMake decides. @throws Error with the compiler's words. */
export async function compile(log: Log, { project, build, targets, sanitize, variables }: Compilation): Promise<void> {
  const cmake = await findCmake(log);
  const warnings = `-DREFIT_WERROR=${process.env.REFIT_STRICT === '1' ? 'ON' : 'OFF'}`;
  const given = Object.entries(variables ?? {}).map(([name, value]) => `-D${name}=${value}`);
  if (existsSync(join(build, 'CMakeCache.txt'))) {
    await explained(command(cmake, [build, ...given, warnings]));
  } else {
    log('addon: configuring');
    const hasNinja = await command('ninja', ['--version']).then(
      () => true,
      () => false,
    );
    const generator = hasNinja ? ['-G', 'Ninja'] : [];
    const kind = sanitize ? ['-DCMAKE_BUILD_TYPE=RelWithDebInfo', '-DSANITIZE=ON'] : ['-DCMAKE_BUILD_TYPE=Release'];
    await explained(command(cmake, ['-S', project, '-B', build, ...kind, ...given, warnings, ...generator]));
  }
  if (targets.length === 0) return;
  log('addon: compiling');
  await explained(command(cmake, ['--build', build, '--config', 'Release', '--parallel', '--target', ...targets]));
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
  buildAddon(console.log, { sanitize: process.argv.includes('--sanitize') }).catch((error: unknown) => {
    console.error(message(error));
    process.exitCode = 1;
  });
