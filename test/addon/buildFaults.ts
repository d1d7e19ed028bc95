/**
 * Compiles the addons by which tests make faults (faults/). `tsx test/addon/buildFaults.ts` compiles the GPU's, to be carried to a machine
 * that has a GPU but no compiler.
 */
import { join } from 'node:path';
import { defaultRuntime } from '../../app/runtimes';
import { type BuildSettings, compile } from '../../native/build';
import { type Log, message } from '../../native/commands';
import { includeDir } from '../../native/places';

type Faults = 'gpu' | 'task' | 'tile';

const project = join(import.meta.dirname, 'faults');
const variables = { REFIT_SDK_INCLUDE: includeDir(defaultRuntime) };
/** Each addon has a folder of its own, because tests that compile them run side by side. */
const buildFolder = (name: string) => join(project, 'build', name);

/** @param sanitize as tools/sanitize.ts compiles it. */
const addonFile = (faults: Faults, { sanitize = false }: BuildSettings = {}) =>
  join(buildFolder(sanitize ? `${faults}-sanitize` : faults), `${faults}-faults.node`);

export const gpuFaultsFile = addonFile('gpu');
export const taskFaultsFile = addonFile('task');
/** REFIT_ADDON_BUILD is set where tools/sanitize.ts runs the tests. */
export const tileFaultsFile = addonFile('tile', { sanitize: process.env.REFIT_ADDON_BUILD === 'build-sanitize' });

/** @throws Error with the compiler's words. */
export const buildFaults = (log: Log, faults: Faults, { sanitize = false }: BuildSettings = {}): Promise<void> =>
  compile(log, {
    project,
    build: join(addonFile(faults, { sanitize }), '..'),
    targets: [`${faults}-faults`],
    sanitize,
    variables,
  });

/** Writes compile_commands.json, for clang-tidy. @returns its folder. @throws Error with CMake's words. */
export async function configureFaults(log: Log): Promise<string> {
  const build = buildFolder('configured');
  await compile(log, { project, build, targets: [], variables });
  return build;
}

if (process.argv[1] === import.meta.filename)
  buildFaults(console.log, 'gpu').catch((error: unknown) => {
    console.error(message(error));
    process.exitCode = 1;
  });
