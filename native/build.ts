/**
 * Compiles the addon: `native/build/refit-tensorrt-rtx.node`. Needs `sdk.ts` to have run. `tsx native/build.ts` runs it;
 * with `--sanitize` it makes the build that finds memory errors and undefined behaviour, in `native/build-sanitize`.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { command, findCmake, type Log, message } from './commands';

const source = import.meta.dirname;

/**
 * Compiles what changed, which cmake decides.
 * @param options.sanitize with AddressSanitizer and UndefinedBehaviorSanitizer (GCC, Clang), in a folder of its own.
 * @throws Error with the compiler's words.
 */
export async function buildAddon(log: Log, { sanitize = false }: { sanitize?: boolean } = {}): Promise<void> {
  const build = join(source, sanitize ? 'build-sanitize' : 'build');
  const cmake = await findCmake(log);
  if (!existsSync(join(build, 'CMakeCache.txt'))) {
    log('addon: configuring');
    const hasNinja = await command('ninja', ['--version']).then(
      () => true,
      () => false,
    );
    const generator = hasNinja ? ['-G', 'Ninja'] : [];
    const kind = sanitize ? ['-DCMAKE_BUILD_TYPE=RelWithDebInfo', '-DSANITIZE=ON'] : ['-DCMAKE_BUILD_TYPE=Release'];
    await explained(command(cmake, ['-S', source, '-B', build, ...kind, ...generator]));
  }
  log('addon: compiling');
  await explained(command(cmake, ['--build', build, '--config', 'Release', '--parallel']));
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
