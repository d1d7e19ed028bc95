/**
 * A fault at every system call by which a cache entry's write touches the cache: the call fails, or the process is killed before it. After
 * each, the next start finds the old entry or the new one, whole, and no other file. cache.integration.test.ts does the same by file
 * calls, on every system, and with lost power.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildEntry } from '../../main/build.fixture';
import { type SystemCall, trace, whyNoTrace } from './strace.fixture';
import { tallyFaults } from './tally.fixture';
import { type Before, befores, cacheOf, expectTold, expectWhole, roomForCaches } from './wholeEntry.fixture';

const whyNot = whyNoTrace();
if (whyNot) console.warn(`No faults at system calls: ${whyNot}.`);

interface Written {
  dir: string;
  /** Undefined where the write went well; null where the process did not live to say. */
  code: string | null | undefined;
  /** The calls that touch the cache, in order. */
  calls: SystemCall[];
}

describe.skipIf(whyNot !== undefined)('system calls of a cache write', () => {
  const faults = tallyFaults('syscalls', 'system calls of cache writes: killed, ENOSPC, EIO, EROFS');
  let room: string;
  let keepTraced: string;
  beforeAll(async () => {
    room = await roomForCaches();
    keepTraced = await buildEntry('test/faults/keepTraced.fixture', `syscalls-${process.pid}`);
  });
  afterAll(async () => {
    await rm(path.dirname(keepTraced), { recursive: true, force: true });
    // After a failure the other lane may still work in this folder.
    await rm(room, { recursive: true, force: true, maxRetries: 3 });
  });

  /** Writes the newer entry in a process of its own. @param inject see `trace`. */
  async function write(before: Before, inject?: string): Promise<Written> {
    const dir = await cacheOf(room, before);
    const child = fork(keepTraced, [dir], {
      execArgv: [],
      // strace does not see the calls of io_uring.
      env: { ...process.env, UV_THREADPOOL_SIZE: '1', UV_USE_IO_URING: '0' },
    });
    const ended = once(child, 'exit');
    const [thread] = await once(child, 'message');
    const done = await trace(thread, `${path.dirname(dir)}.trace`, inject);
    let code: string | null | undefined = null;
    child.once('message', (told: string | null) => {
      code = told ?? undefined;
    });
    child.send('write');
    await ended;
    return { dir, code, calls: (await done()).filter(({ line }) => line.includes(dir)) };
  }

  describe.each(befores)('%s', (before) => {
    let whole: Written;
    beforeAll(async () => {
      whole = await write(before);
      expect(whole.code).toBeUndefined();
      const names = new Set(whole.calls.map(({ name }) => name));
      console.log(`${before}: ${whole.calls.length} system calls (${[...names].join(', ')})`);
      expect(whole.calls.length).toBeGreaterThan(30);
    });

    /** Makes each call go wrong in turn. */
    async function each(calls: SystemCall[], how: string, look: (written: Written, what: string) => Promise<void>) {
      const rest = [...calls.entries()];
      // Two lanes at once: a process and its strace take turns, and so need one core.
      const lane = async (): Promise<void> => {
        for (let next = rest.shift(); next; next = rest.shift()) {
          const [i, call] = next;
          const what = `${how} at ${i + 1} of ${calls.length}: ${meaning(call, whole.dir)}`;
          const written = await write(before, `${call.name}:${how}:when=${call.nth}`);
          // The fault hit the call that it was meant for, and no other.
          const hit = written.calls.filter(({ wasHit }) => wasHit).map((each) => meaning(each, written.dir));
          expect(hit, what).toEqual([meaning(call, whole.dir)]);
          await look(written, what);
          await expectWhole(faults, written.dir, before, what);
          await rm(path.dirname(written.dir), { recursive: true });
        }
      };
      await Promise.all([lane(), lane()]);
    }

    test('a process killed before any leaves the old entry or the new one', () =>
      each(whole.calls, 'signal=KILL', async ({ code }, what) => expect(code, what).toBeNull()));

    test.each(['EIO', 'ENOSPC', 'EROFS'] as const)(
      '%s at any that can say so leaves the old entry or the new one',
      (error) =>
        each(
          whole.calls.filter((call) => canSay(error, call)),
          `error=${error}`,
          async ({ code, dir }, what) => {
            expect(code, what).not.toBeNull();
            await expectTold(code ?? undefined, dir, what);
          },
        ),
    );
  });
});

/** What a call is, the same in every process: its name and what it is about. */
function meaning({ name, line }: SystemCall, dir: string): string {
  const asked = line.split(/\) +=/)[0] ?? '';
  const files = [...asked.matchAll(/[<"](\/[^>"]*)[>"]/g)]
    .map(([, file = '']) => file)
    .filter((file) => file.startsWith(dir));
  return [name, ...files]
    .join(' ')
    .replaceAll(dir, '')
    .replaceAll(/\.tmp-\d+-\w+/g, '.tmp');
}

/** Whether a call can fail so: any on a broken disk, those that need room on a full one, those that change a read-only one. */
function canSay(error: 'EIO' | 'ENOSPC' | 'EROFS', { name, line }: SystemCall): boolean {
  if (error === 'EIO') return true;
  const adds = /^(mkdir|p?write|fsync|fdatasync|rename)/.test(name) || line.includes('O_CREAT');
  return adds || (error === 'EROFS' && /^(unlink|rmdir|f?chmod)/.test(name));
}
