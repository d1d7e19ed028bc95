/**
 * The workshop, main's side: decodes files in a hidden page (app/workshop.ts). A file that the page dies of costs that file: all
 * that were at work are tried again, each alone.
 */
import { stat } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { AppError, type ErrorReport, ReportedError, toReport } from '../../app/errors';
import { maxFileBytes } from '../../app/pictureLimits';
import type { WorkshopArguments, WorkshopChannel, WorkshopResults, WorkshopTask } from '../../app/workshop';
import { report } from '../../host/protocol';
import type { Receiving } from '../pictures/receive';
import { createGpuTurns } from '../setup/gpuTurns';
import { createGate } from './gates';

type Facts = WorkshopArguments<'workshop:facts'>['facts'];

/** Takes a picture as it is decoded. */
export interface PictureSink {
  /**
   * Has a host receive its rows. Called again if the file is tried again.
   * @param over aborts when this try has ended: what is made after that is nobody's, so the sink gives it back.
   */
  facts(facts: Facts, over: AbortSignal): Promise<Receiving>;
}

export interface Workshop {
  /** @throws ReportedError with why it is no picture; `signal`'s reason; what the sink throws. */
  open(file: string, name: string, to: PictureSink, signal: AbortSignal): Promise<{ transparent: boolean }>;
  /** @returns WebP; null where the file is no picture that can be read. */
  thumbnail(file: string): Promise<Uint8Array | null>;
  /** Answers the page. */
  handlers: { [C in WorkshopChannel]: (args: WorkshopArguments<C>) => Promise<WorkshopResults[C]> };
  close(): void;
}

/** A page that is there, or comes. */
export interface WorkshopPage {
  /** Begins a task, once the page listens. */
  begin(task: WorkshopTask): void;
  stop(task: number): void;
  /** Gives it the port that a task's rows go to. */
  give(task: number, port: Receiving['port']): void;
  /** The page listens now. */
  ready(): void;
  /** Ends it at once. The next task makes another. */
  end(): void;
}

/** The page that a task was given to is gone, or the host that wrote its picture. */
class Gone extends Error {
  /** @param again the error to throw where a host ends once more. */
  constructor(
    why: string,
    readonly again?: AppError,
  ) {
    super(why);
  }
}

/** A page hangs that says nothing of a task for so long and waits for nothing from main. */
const silentMs = 120_000;
/** A page that nobody needs is given back: it holds some 60 MB. */
const idleMs = 30_000;
/** Files that the page has in memory for thumbnails, whatever a window asks for. */
const thumbnailsAtOnce = 4;
/** The wait before a page that went is made again. */
const againMs = 500;

interface Task {
  asked: WorkshopTask;
  sink?: PictureSink;
  over: AbortController;
  hasFacts: boolean;
  heardAt: number;
  /** Questions of the page that main works at, and pictures of it that a host receives: the host notices itself where the page falls silent. */
  asking: number;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

type Asked = WorkshopTask extends infer T ? (T extends WorkshopTask ? Omit<T, 'task'> : never) : never;

/**
 * @param page made with what to call when a page is gone. @param grant lets the page have a file under an address of its own, until
 * the grant is taken back.
 */
export function createWorkshop(
  page: (onGone: (why: string) => void) => WorkshopPage,
  grant: (file: string) => { url: string; revoke(): void },
): Workshop {
  let last = 0;
  const tasks = new Map<number, Task>();
  const turns = createGpuTurns();
  const thumbnails = createGate(thumbnailsAtOnce);
  let watch: NodeJS.Timeout | undefined;
  let idleSince = performance.now();
  let isClosed = false;
  const pageNow = page((why) => {
    const gone = [...tasks.values()];
    tasks.clear();
    for (const { reject } of gone) reject(new Gone(why));
  });

  /** Looks after the page as long as there is one. */
  function look(): void {
    watch ??= setInterval(() => {
      const now = performance.now();
      if (tasks.size > 0) idleSince = now;
      const isHung = [...tasks.values()].some(({ heardAt, asking }) => asking === 0 && now - heardAt > silentMs);
      if (!isHung && now - idleSince < idleMs) return;
      pageNow.end();
      if (isHung) return;
      clearInterval(watch);
      watch = undefined;
    }, 5000);
    watch.unref();
  }

  async function once<T>(asked: Asked, means: Pick<Task, 'sink'>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    // A page that is made while the app quits would keep it.
    if (isClosed) throw new AppError('INTERNAL', {}, 'the workshop is closed');
    const task = ++last;
    const over = new AbortController();
    look();
    const stopped = (): void => {
      const known = tasks.get(task);
      tasks.delete(task);
      pageNow.stop(task);
      known?.reject(signal?.reason);
    };
    return new Promise<T>((resolve, reject) => {
      const whole = { ...asked, task } as WorkshopTask;
      const heardAt = performance.now();
      tasks.set(task, {
        asked: whole,
        ...means,
        over,
        hasFacts: false,
        heardAt,
        asking: 0,
        resolve: resolve as Task['resolve'],
        reject,
      });
      signal?.addEventListener('abort', stopped);
      pageNow.begin(whole);
    }).finally(() => {
      idleSince = performance.now();
      signal?.removeEventListener('abort', stopped);
      tasks.delete(task);
      over.abort(signal?.reason);
    });
  }

  /** Tries once more, alone, what the page or a host went of. @param gone makes the error where the page goes of it once more. */
  async function patiently<T>(attempt: () => Promise<T>, gone: (why: string) => unknown): Promise<T> {
    try {
      return await turns.share(attempt);
    } catch (error) {
      if (!(error instanceof Gone)) throw error;
    }
    // Where the app quits, this page went first, and the window is about to.
    await setTimeout(againMs);
    return turns.alone(attempt).catch((error: unknown) => {
      throw error instanceof Gone ? (error.again ?? gone(error.message)) : error;
    });
  }

  function taskOf<K extends WorkshopTask['kind']>(id: number, kind: K, channel: WorkshopChannel): Task {
    const task = tasks.get(id);
    if (task?.asked.kind !== kind) throw new AppError('BAD_MESSAGE', { channel }, `task ${id}`);
    task.heardAt = performance.now();
    return task;
  }

  /** What main does for a task; a failure of it ends the task. */
  async function doing<T>(task: Task, work: () => Promise<T>): Promise<T> {
    task.asking += 1;
    try {
      return await work();
    } catch (error) {
      task.reject(error);
      throw error;
    } finally {
      task.asking -= 1;
      task.heardAt = performance.now();
    }
  }

  /** Ends the task once the host has the whole picture. @throws why the host takes no more of it; the page is then told to stop. */
  async function received(id: number, task: Task, { over }: Receiving): Promise<void> {
    try {
      const end = await over;
      // Where not all of it came the page says why, or is gone.
      if (end.kind === 'whole') task.resolve({ transparent: end.transparent });
    } catch (error) {
      pageNow.stop(id);
      throw error instanceof AppError && error.code === 'HOST_DIED' ? new Gone(error.message, error) : error;
    }
  }

  return {
    async open(file, name, to, signal) {
      const bytes = await sizeOf(file, name);
      const { url, revoke } = grant(file);
      const asked = { kind: 'open', url, name, bytes } as const;
      return patiently(
        () => once<{ transparent: boolean }>(asked, { sink: to }, signal),
        (why) => new AppError('PICTURE_UNREADABLE', { name }, why),
      ).finally(revoke);
    },
    async thumbnail(file) {
      const isThere = await sizeOf(file, '').then(
        (bytes) => bytes > 0,
        () => false,
      );
      if (!isThere) return null;
      return thumbnails.through(() => {
        const { url, revoke } = grant(file);
        const asked = { kind: 'thumbnail', url } as const;
        return patiently(
          () => once<Uint8Array>(asked, {}),
          (why) => new Error(why),
        )
          .catch(() => null)
          .finally(revoke);
      });
    },
    handlers: {
      'workshop:ready': async () => {
        pageNow.ready();
        return null;
      },
      'workshop:facts': async ({ task: id, facts }) => {
        const task = taskOf(id, 'open', 'workshop:facts');
        if (task.hasFacts) throw new AppError('BAD_MESSAGE', { channel: 'workshop:facts' }, `twice of task ${id}`);
        task.hasFacts = true;
        await doing(task, async () => {
          const receiving = await task.sink?.facts(facts, task.over.signal);
          if (!receiving) return;
          if (tasks.get(id) !== task) return receiving.port.close();
          pageNow.give(id, receiving.port);
          void doing(task, () => received(id, task, receiving)).catch(() => {});
        });
        return null;
      },
      'workshop:thumbnail': async ({ task, bytes }) => {
        taskOf(task, 'thumbnail', 'workshop:thumbnail').resolve(bytes);
        return null;
      },
      'workshop:failed': async ({ task: id, error }) => {
        const task = tasks.get(id);
        task?.reject(new ReportedError(reportOf(error)));
        return null;
      },
    },
    close: () => {
      isClosed = true;
      clearInterval(watch);
      pageNow.end();
    },
  };
}

/** What the page says went wrong, if it is an error of ours. */
function reportOf(error: unknown): ErrorReport {
  const parsed = report.safeParse(error);
  return parsed.success ? parsed.data : toReport(new Error('the workshop said no error of ours'));
}

/** @throws AppError PICTURE_NOT_OPENED, PICTURE_FILE_TOO_LARGE. */
async function sizeOf(file: string, name: string): Promise<number> {
  const found = await stat(file).catch((error: unknown) => {
    throw new AppError('PICTURE_NOT_OPENED', { name }, (error as NodeJS.ErrnoException).code ?? '');
  });
  if (!found.isFile()) throw new AppError('PICTURE_NOT_OPENED', { name }, 'no regular file');
  if (found.size > maxFileBytes)
    throw new AppError('PICTURE_FILE_TOO_LARGE', { name, bytes: found.size, maxBytes: maxFileBytes });
  return found.size;
}
