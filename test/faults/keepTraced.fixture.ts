/**
 * A process that writes a cache entry, on one thread, once it is sent anything: `fork(keepTraced.js, [<cache>])` with
 * UV_THREADPOOL_SIZE=1. It sends the thread's number first, then the code with which the write failed, or null. Linux.
 */
import { readdirSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { keep } from '../../storage/cache';
import { identity, newer, seal } from './entries.fixture';

const threads = (): string[] => readdirSync('/proc/self/task');
const before = threads();
// libuv starts the thread with the first work for it.
void stat('/').then(() => process.send?.(threads().find((id) => !before.includes(id))));
process.once('message', () => {
  const end = (code: string | null) => process.send?.(code, () => process.exit());
  keep(process.argv[2] ?? '', identity, newer, seal).then(
    () => end(null),
    (error: { code?: string }) => end(String(error.code)),
  );
});
