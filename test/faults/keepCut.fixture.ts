/** A process that is killed at a call of a cache's write: `node keepCut.js <cache> <call>`. */
import { keep } from '../../storage/cache';
import { watchDisk } from './disk.fixture';
import { identity, newer, seal } from './entries.fixture';

const [cacheDir = '', at] = process.argv.slice(2);
let calls = 0;
watchDisk(async (_change, half) => {
  if (calls++ !== Number(at)) return;
  await half();
  process.kill(process.pid, 'SIGKILL');
  await new Promise(() => {});
});
void keep(cacheDir, identity, newer, seal);
