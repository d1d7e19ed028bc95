/**
 * Checks the types of everything together, then of each process with only the globals that it has: no DOM in main, host and storage; no
 * Node in the window, in the tests of its screens, in app and in words; no Electron in the host.
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
let failed = false;
for (const project of ['.', 'app', 'words', 'storage', 'host', 'main', 'renderer', 'renderer/tsconfig.test.json']) {
  const { status } = spawnSync(process.execPath, [tsc, '-p', project], { cwd: root, stdio: 'inherit' });
  if (status !== 0) console.error(`✗ tsc -p ${project}`);
  failed ||= status !== 0;
}
process.exit(failed ? 1 : 0);
