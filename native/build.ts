/** Compiles the addon: `native/build/refit-tensorrt-rtx.node`. Needs `sdk.ts` to have run. `tsx native/build.ts` runs it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { command, findCmake, type Log, message } from './commands';

const source = import.meta.dirname;
const build = join(source, 'build');

/** Compiles what changed, which cmake decides. @throws Error with the compiler's words. */
export async function buildAddon(log: Log): Promise<void> {
  const cmake = await findCmake(log);
  if (!existsSync(join(build, 'CMakeCache.txt'))) {
    log('addon: configuring');
    const hasNinja = await command('ninja', ['--version']).then(
      () => true,
      () => false,
    );
    const generator = hasNinja ? ['-G', 'Ninja'] : [];
    await explained(command(cmake, ['-S', source, '-B', build, '-DCMAKE_BUILD_TYPE=Release', ...generator]));
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
  buildAddon(console.log).catch((error: unknown) => {
    console.error(message(error));
    process.exitCode = 1;
  });
