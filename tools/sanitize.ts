/**
 * Runs the addons' tests that need no GPU on a build with AddressSanitizer and UndefinedBehaviorSanitizer: `npm run test:sanitize`.
 * With `--gpu` it runs those that need one: sessions, runs, refits. Other arguments go to vitest. NVIDIA's library is not instrumented:
 * its memory is watched at malloc and free only. Leaks are not looked for, since V8 leaves its memory to the system at the end;
 * test/addon/leak.gpu.test.ts looks for them on a GPU.
 *
 * A machine with a GPU may have no compiler. REFIT_SANITIZERS then names the runtime libraries that came with a build, as LD_PRELOAD
 * takes them, and nothing is compiled. ASAN_OPTIONS of the environment are kept.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { buildAddon } from '../native/build';
import { buildFaults } from '../test/addon/buildFaults';

const root = path.resolve(import.meta.dirname, '..');

if (process.platform === 'win32') {
  console.error('✗ Sanitizers need GCC or Clang: run this on Linux.');
  process.exit(2);
}
const carried = process.env.REFIT_SANITIZERS;
if (!carried) {
  await buildAddon(console.log, { sanitize: true });
  await buildFaults(console.log, 'tile', { sanitize: true });
}

const compiler = process.env.CXX ?? 'g++';
/** The sanitizers' runtime must be the first library of the process, and node was built without it. */
const runtime = carried ?? execFileSync(compiler, ['-print-file-name=libasan.so'], { encoding: 'utf8' }).trim();
const onGpu = process.argv.includes('--gpu');
const given = process.argv.slice(2).filter((argument) => argument !== '--gpu');
const asked = given.filter((argument) => !argument.startsWith('-'));
const options = given.filter((argument) => argument.startsWith('-'));
/** Leaves out the building of whole networks: minutes of NVIDIA's code, and none of ours. */
const ours = ['--testNamePattern', '^(?!the prepared models)'];
/** Tests of what this build is not: the release's protections, two libraries side by side, an addon that a test compiles by itself. */
const others = ['hardening', 'runtimes', 'task'];
const all = onGpu
  ? ['test/addon/session.gpu.test.ts', 'test/addon/tiles.gpu.test.ts', 'test/addon/weights.gpu.test.ts']
  : [...addonTests(), 'test/fuzz/addon.integration.test.ts'];
const tests = asked.length > 0 ? asked : all;
const config = onGpu ? ['-c', 'vitest.gpu.config.ts'] : ['--pool=forks', ...ours];
/** CUDA maps memory where the sanitizer keeps its guard pages. */
const forCuda = onGpu ? ':protect_shadow_gap=0' : '';
const { status } = spawnSync(
  process.execPath,
  [path.join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', ...config, ...options, ...tests],
  {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      REFIT_ADDON_BUILD: 'build-sanitize',
      LD_PRELOAD: runtime,
      ASAN_OPTIONS: `detect_leaks=0:abort_on_error=1:detect_odr_violation=0:allocator_may_return_null=1${forCuda}:${process.env.ASAN_OPTIONS ?? ''}`,
      UBSAN_OPTIONS: 'print_stacktrace=1',
    },
  },
);
process.exitCode = status ?? 1;

/** All of them but `others`, so that no new one is forgotten. */
function addonTests(): string[] {
  const names = readdirSync(path.join(root, 'test', 'addon')).filter((name) => name.endsWith('.integration.test.ts'));
  return names.filter((name) => !others.includes(name.split('.')[0] ?? '')).map((name) => `test/addon/${name}`);
}
