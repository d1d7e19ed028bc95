/**
 * A fault at every single system call with which writing a cache entry touches the cache, made at the kernel's boundary: the
 * process is killed before it, or it fails. After each, the next start finds the old entry or the new one, whole, and nothing
 * else lies about. cache.test.ts does the same one floor up, everywhere, and loses power as well.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildEntry } from './build.fixture';
import { type SystemCall, trace, whyNoTrace } from './strace.fixture';
import { tallyFaults } from './tally.fixture';
import { type Before, befores, cacheOf, expectTold, expectWhole, roomForCaches } from './wholeEntry.fixture';

const whyNot = whyNoTrace();
if (whyNot) console.warn(`No faults at system calls: ${whyNot}.`);

interface Written {
  dir: string;
  /** Undefined where the write went well; null where the process did not live to say. */
  code: string | null | undefined;
  /** That touch the cache, in order. */
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
    // After a failure the other lane may still be at work in it.
    await rm(room, { recursive: true, force: true, maxRetries: 3 });
  });

  /** Writes the newer entry in a process of its own. @param inject see `trace`. */
  async function write(before: Before, inject?: string): Promise<Written> {
    const dir = await cacheOf(room, before);
    const child = fork(keepTraced, [dir], {
      execArgv: [],
      // Calls of io_uring are none that are seen.
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

    /** Makes one call go wrong, each in its turn. */
    async function each(calls: SystemCall[], how: string, look: (written: Written, what: string) => Promise<void>) {
      const rest = [...calls.entries()];
      // A processor each for the process and what traces it: they take turns.
      const lane = async (): Promise<void> => {
        for (let next = rest.shift(); next; next = rest.shift()) {
          const [i, call] = next;
          const what = `${how} at ${i + 1} of ${calls.length}: ${meaning(call, whole.dir)}`;
          const written = await write(before, `${call.name}:${how}:when=${call.nth}`);
          // What was to be hit was hit, and nothing else.
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

/** All can fail for a broken disk; for a full one what needs room, for one that may only be read what changes it. */
function canSay(error: 'EIO' | 'ENOSPC' | 'EROFS', { name, line }: SystemCall): boolean {
  if (error === 'EIO') return true;
  const adds = /^(mkdir|p?write|fsync|fdatasync|rename)/.test(name) || line.includes('O_CREAT');
  return adds || (error === 'EROFS' && /^(unlink|rmdir|f?chmod)/.test(name));
}
