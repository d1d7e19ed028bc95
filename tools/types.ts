/**
 * Checks the types of everything together, then of each process with only the globals that it has: no DOM in main, host and storage; no
 * Node in the window, in the tests of its screens, in app and in words; no Electron in the host. One project a core
 * at a time.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const rest = ['.', 'app', 'words', 'storage', 'host', 'main', 'renderer', 'renderer/tsconfig.test.json'];
let failed = false;

async function lane(): Promise<void> {
  for (let project = rest.shift(); project; project = rest.shift()) {
    const [status] = await once(
      spawn(process.execPath, [tsc, '-p', project], { cwd: root, stdio: 'inherit' }),
      'close',
    );
    if (status !== 0) console.error(`✗ tsc -p ${project}`);
    failed ||= status !== 0;
  }
}

await Promise.all(Array.from({ length: availableParallelism() }, lane));
process.exit(failed ? 1 : 0);
