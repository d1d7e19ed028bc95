import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { AppError } from '../../app/errors';
import { noMetadata } from '../../app/metadata.fixture';
import type { WorkshopTask } from '../../app/workshop';
import { temporaryFolder } from '../example.fixture';
import type { Receiving } from '../pictures/receive';
import { createWorkshop, type PictureSink } from './workshop';

const facts = {
  name: 'a.png',
  width: 2,
  height: 1,
  alpha: false,
  displayP3: false,
  notes: [],
  metadata: noMetadata,
};
const never = new AbortController().signal;

async function bench() {
  const folder = await temporaryFolder();
  const file = path.join(folder, 'a.png');
  await writeFile(file, 'a picture');
  const begun: WorkshopTask[] = [];
  const stopped: number[] = [];
  const given: number[] = [];
  const granted = new Set<string>();
  let gone = (_why: string): void => {};
  const workshop = createWorkshop(
    (onGone) => {
      gone = onGone;
      return {
        begin: (task) => void begun.push(task),
        stop: (task) => void stopped.push(task),
        give: (task) => void given.push(task),
        ready: () => {},
        end: () => onGone('ended'),
      };
    },
    (name) => {
      granted.add(name);
      return { url: `app://refit/${path.basename(name)}`, revoke: () => void granted.delete(name) };
    },
  );
  const taken: unknown[] = [];
  /** What the host says of each picture. */
  const hosts: { say(end: Awaited<Receiving['over']>): void; fail(error: Error): void; isClosed: boolean }[] = [];
  const sink: PictureSink = {
    facts: async (each) => {
      taken.push(each);
      const { promise: over, resolve, reject } = withResolvers<Awaited<Receiving['over']>>();
      const host = { say: resolve, fail: reject, isClosed: false };
      hosts.push(host);
      const close = (): void => {
        host.isClosed = true;
      };
      return { port: { close } as Receiving['port'], over, end: () => {} };
    },
  };
  /** The page says what it decodes, and the host has all of it. */
  const decodeWhole = async (task: number): Promise<void> => {
    await workshop.handlers['workshop:facts']({ task, facts });
    hosts.at(-1)?.say({ kind: 'whole', transparent: false });
  };
  const open = (name = 'a.png', to = sink, signal = never) => workshop.open(file, name, to, signal);
  const next = async (n = 1): Promise<WorkshopTask> => {
    await vi.waitFor(() => expect(begun.length).toBeGreaterThanOrEqual(n));
    return begun[n - 1] as WorkshopTask;
  };
  const tellGone = (why: string) => gone(why);
  return {
    workshop,
    file,
    begun,
    stopped,
    given,
    granted,
    gone: tellGone,
    sink,
    taken,
    hosts,
    decodeWhole,
    open,
    next,
  };
}

function withResolvers<T>() {
  let [resolve, reject] = [(_value: T): void => {}, (_error: Error): void => {}];
  const promise = new Promise<T>((good, bad) => {
    [resolve, reject] = [good, bad];
  });
  return { promise, resolve, reject };
}

test('has a host receive what the page decodes, and grants its file no longer than that', async () => {
  const { file, granted, given, open, next, taken, decodeWhole } = await bench();
  const opened = open();
  const { task } = await next();
  expect([...granted]).toEqual([file]);
  await decodeWhole(task);
  await expect(opened).resolves.toEqual({ transparent: false });
  expect(taken).toEqual([facts]);
  expect(given).toEqual([task]);
  expect([...granted]).toEqual([]);
});

test('a page may say nothing of a task that has ended, or was never its', async () => {
  const { workshop, open, next, decodeWhole } = await bench();
  const opened = open();
  const { task } = await next();
  await decodeWhole(task);
  await opened;
  for (const each of [task, task + 1])
    await expect(workshop.handlers['workshop:facts']({ task: each, facts })).rejects.toMatchObject({
      code: 'BAD_MESSAGE',
    });
  await expect(workshop.handlers['workshop:thumbnail']({ task, bytes: new Uint8Array(1) })).rejects.toMatchObject({
    code: 'BAD_MESSAGE',
  });
});

test('says why a file is no picture, as the page says it', async () => {
  const { workshop, open, next } = await bench();
  const opened = open();
  const { task } = await next();
  const error = new AppError('PICTURE_UNREADABLE', { name: 'a.png' }).toReport();
  await workshop.handlers['workshop:failed']({ task, error });
  await expect(opened).rejects.toMatchObject({ report: error });
});

test('what is no error of ours is a fault of the page', async () => {
  const { workshop, open, next } = await bench();
  const opened = open();
  const { task } = await next();
  await workshop.handlers['workshop:failed']({ task, error: { code: 'rm -rf', params: {} } });
  await expect(opened).rejects.toMatchObject({ report: { code: 'INTERNAL' } });
});

test('a file that the page dies of twice, the second time alone, is unreadable; the others come out', async () => {
  const { open, next, gone, begun, decodeWhole } = await bench();
  const bad = open('bad.png');
  bad.catch(() => {});
  const good = open('good.png');
  await next(2);
  gone('crashed');
  // Each is tried again, alone.
  const first = await next(3);
  expect(begun).toHaveLength(3);
  const nameOf = (task: WorkshopTask) => (task.kind === 'open' ? task.name : '');
  const act = async (task: WorkshopTask) => {
    if (nameOf(task) === 'bad.png') gone('crashed');
    else await decodeWhole(task.task);
  };
  await act(first);
  await act(await next(4));
  await expect(good).resolves.toEqual({ transparent: false });
  await expect(bad).rejects.toMatchObject({ code: 'PICTURE_UNREADABLE', detail: 'crashed' });
});

test('who is stopped is rejected at once, and the page told', async () => {
  const { open, next, stopped, sink } = await bench();
  const stop = new AbortController();
  const opened = open('a.png', sink, stop.signal);
  const { task } = await next();
  stop.abort(new Error('removed'));
  await expect(opened).rejects.toThrow('removed');
  expect(stopped).toEqual([task]);
});

test('what cannot be taken ends the task with why', async () => {
  const { workshop, open, next } = await bench();
  const full = new AppError('PICTURE_NEEDS_ROOM', { neededBytes: 1, freeBytes: 0 });
  const opened = open('a.png', { facts: () => Promise.reject(full) });
  const { task } = await next();
  const answer = workshop.handlers['workshop:facts']({ task, facts });
  await expect(answer).rejects.toBe(full);
  await expect(opened).rejects.toBe(full);
});

test('a page says the facts of a picture once', async () => {
  const { workshop, open, next, taken } = await bench();
  open().catch(() => {});
  const { task } = await next();
  await workshop.handlers['workshop:facts']({ task, facts });
  await expect(workshop.handlers['workshop:facts']({ task, facts })).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
  expect(taken).toHaveLength(1);
});

test('what the host refuses ends the task with why, and the page’s work', async () => {
  const { workshop, open, next, hosts, stopped } = await bench();
  const opened = open();
  const { task } = await next();
  await workshop.handlers['workshop:facts']({ task, facts });
  const full = new AppError('PICTURE_NEEDS_ROOM', { neededBytes: 1, freeBytes: 0 });
  hosts[0]?.fail(full);
  await expect(opened).rejects.toBe(full);
  expect(stopped).toEqual([task]);
});

test('a picture whose page leaves is tried again once the page is known to be gone', async () => {
  const { workshop, open, next, hosts, gone, decodeWhole } = await bench();
  const opened = open();
  const { task } = await next();
  await workshop.handlers['workshop:facts']({ task, facts });
  // The host hears of it first.
  hosts[0]?.say({ kind: 'left' });
  await Promise.resolve();
  gone('crashed');
  await decodeWhole((await next(2)).task);
  await expect(opened).resolves.toEqual({ transparent: false });
});

test('a picture whose host dies is tried once more; where that dies too it says so', async () => {
  const { workshop, open, next, hosts } = await bench();
  const opened = open();
  opened.catch(() => {});
  const died = new AppError('HOST_DIED', { how: 'killed' });
  for (const nth of [1, 2]) {
    const { task } = await next(nth);
    await workshop.handlers['workshop:facts']({ task, facts });
    hosts[nth - 1]?.fail(died);
  }
  await expect(opened).rejects.toBe(died);
});

test('whoever takes a picture hears when the try that it comes from has ended', async () => {
  const { workshop, sink, open, next, gone, decodeWhole } = await bench();
  const tries: AbortSignal[] = [];
  const opened = open('a.png', {
    facts: (facts, over) => {
      tries.push(over);
      return sink.facts(facts, over);
    },
  });
  await workshop.handlers['workshop:facts']({ task: (await next()).task, facts });
  expect(tries[0]?.aborted).toBe(false);
  gone('crashed');
  await decodeWhole((await next(2)).task);
  expect(tries.map(({ aborted }) => aborted)).toEqual([true, false]);
  await opened;
});

test('a port whose task was stopped meanwhile is closed', async () => {
  const { workshop, sink, open, next, hosts } = await bench();
  const stop = new AbortController();
  const slow: PictureSink = {
    facts: async (facts, over) => {
      const receiving = await sink.facts(facts, over);
      stop.abort(new Error('removed'));
      return receiving;
    },
  };
  open('a.png', slow, stop.signal).catch(() => {});
  const { task } = await next();
  await workshop.handlers['workshop:facts']({ task, facts });
  expect(hosts[0]?.isClosed).toBe(true);
});

test.each([
  ['is gone', '/nowhere/a.png', 'PICTURE_NOT_OPENED'],
  ['is a folder', '/', 'PICTURE_NOT_OPENED'],
])('a file that %s never reaches the page', async (_, file, code) => {
  const { workshop, begun, sink } = await bench();
  await expect(workshop.open(file, 'a.png', sink, never)).rejects.toMatchObject({ code });
  expect(begun).toEqual([]);
  await expect(workshop.thumbnail(file)).resolves.toBeNull();
});

test('has the page hold few files for thumbnails, however many a window asks for at once', async () => {
  const { workshop, file, begun, granted } = await bench();
  const asked = Array.from({ length: 100 }, () => workshop.thumbnail(file));
  for (let done = 0; done < 100; done += 4) {
    await vi.waitFor(() => expect(begun.length).toBe(done + 4));
    expect(granted.size).toBeLessThanOrEqual(4);
    for (const { task } of begun.slice(done))
      await workshop.handlers['workshop:thumbnail']({ task, bytes: new Uint8Array(8) });
  }
  expect(await Promise.all(asked)).toHaveLength(100);
});
