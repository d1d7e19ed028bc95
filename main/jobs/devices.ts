/**
 * Work on the best device that serves it, for the window's job and the queue's pictures alike. A device that fails costs time, not the
 * work: it goes on where it was, with smaller tiles, or on the next device (recover.ts). A better device that becomes ready meanwhile
 * takes over at the next tile.
 */
import type { ModelCard } from '../../app/catalog';
import { AppError, type ErrorReport, toReport } from '../../app/errors';
import { bestRunner, isAllowed, type Runner } from '../../app/runner';
import type { Picture, Rect } from '../../app/tiles';
import { networksOf } from '../../app/tools';
import type { Answer, HostCalls, HostEvents, Sheet } from '../../host/protocol';
import type { Host } from '../hosts/host';
import { idOf } from '../setup/candidates';
import type { Setup } from '../setup/setup';
import type { Shipped } from '../setup/shipped';
import type { Webgpu } from '../setup/webgpu';
import type { Store } from '../store';
import { recover } from './recover';

export interface DeviceWork {
  /** The tool that a person chose, whose networks all run on one device. */
  tool: string;
  /** The network that is run. */
  card: ModelCard;
  /** What failed this work: it does not go back there. Grows. */
  failedDevices: Set<Runner>;
  /** Whether anybody still waits for it. Where nobody does, what fails is thrown at once. */
  isWanted(): boolean;
  /** It is tried on this one now. */
  onDevice?(device: Runner): void;
  /** It goes on all the same. */
  onSetback?(setback: ErrorReport): void;
}

/** A picture that goes through a network tile by tile. */
export interface TileJob extends Pick<HostCalls['infer']['args'], 'jobId' | 'picture' | 'result'> {
  /** Parts of the result that are there. Whoever hears of tiles adds to it. */
  finished: readonly Rect[];
}

/** More parts than the largest picture has in the smallest tiles: a host that reports more would fill main's memory. */
const maxFinished = 200_000;

/**
 * Adds the parts that a host reports to those that are finished.
 * @param size the result's. @throws RangeError where no honest host would report so; host.ts then ends the host.
 */
export function addFinished(
  finished: Rect[],
  { width, height }: { width: number; height: number },
  { done, total, rects }: HostEvents['tiles'],
): void {
  const outside = rects.find((rect) => rect.x + rect.width > width || rect.y + rect.height > height);
  if (done > total || outside)
    throw new RangeError(
      `Expected parts of ${width} × ${height} but received ${JSON.stringify(outside ?? { done, total })}`,
    );
  if (finished.length + rects.length > maxFinished)
    throw new RangeError(`Expected at most ${maxFinished} parts of a result`);
  finished.push(...rects);
}

export interface Devices {
  /** The best that serves all networks of a tool, since the status line names one device. */
  best(tool: string, failedDevices: ReadonlySet<Runner>): Runner;
  /**
   * Opens the network on the best device and does the work there; after a failure once more, on the device that is best by then, as
   * long as that may help (recover.ts).
   * @param progress grows with what is finished. @throws what nothing helps against.
   */
  persist<T>(work: DeviceWork, go: (device: Runner) => Promise<T>, progress: () => number): Promise<T>;
  /**
   * Runs a picture's tiles, from device to device as better ones become ready.
   * @param begin called whenever a host is about to begin with what is not finished.
   * @returns whether all was done; 'cancelled' where nobody wants it any more. @throws as `persist`.
   */
  runTiles(work: DeviceWork, job: TileJob, begin?: (device: Runner) => void): Promise<'done' | 'cancelled'>;
  /** Another device may serve a tool now: what runs in tiles moves to the best one at its next tile. */
  changed(): void;
  /**
   * Runs pictures of the network's input shape, several at once where that helps.
   * @param onNext called before each with how many are done; what it throws ends all. @returns each one's outputs, in order.
   */
  runAll(work: DeviceWork, pictures: readonly Picture[], onNext: (done: number) => void): Promise<Outputs[]>;
  /** Likewise, of pictures in a sheet, which gets the answers. */
  runSheet(work: DeviceWork, sheet: Sheet, onNext: (done: number) => void): Promise<Answer[]>;
}

export type Outputs = HostEvents['outputs']['outputs'];

/** Pictures that are at a host at once: a GPU copies one while it works on another; a processor's cores all work on one. */
const picturesAtOnce: Record<Runner, number> = { gpu: 4, webgpu: 1, cpu: 1 };

/** Pictures of a sheet in one call: fewer messages where a picture takes a millisecond; a person may stop between two. */
const sheetAtOnce: Record<Runner, number> = { gpu: 8, webgpu: 1, cpu: 1 };

/** A job moves to a better device twice at most, and where a person chooses another; a host that stops far more often is broken. */
const maxHandOvers = 100;

/** A healthy driver has answered by then, and a hung one holds up no work for longer. */
const looksMs = 4000;

export function createDevices({
  store,
  setup,
  webgpu,
  hosts,
  shipped,
}: {
  store: Store;
  setup: Setup;
  webgpu: Webgpu;
  hosts: Record<Runner, Host>;
  shipped: Pick<Shipped, 'cards'>;
}): Devices {
  function best(tool: string, failedDevices: ReadonlySet<Runner>): Runner {
    const networks = networksOf(shipped.cards, tool);
    const { upTo } = store.get().preference;
    const serves = (runner: Runner) =>
      runner === 'gpu' ? networks.every((id) => setup.gpuTask(id)) : webgpu.serves(tool);
    return bestRunner((runner) => isAllowed(runner, upTo) && serves(runner), failedDevices);
  }

  let lookingSince = Number.NEGATIVE_INFINITY;
  store.subscribe(({ event }) => {
    if (event.kind === 'detect') lookingSince = performance.now();
  });

  /** Resolves once it is known what serves. */
  async function looked(): Promise<void> {
    const left = looksMs - (performance.now() - lookingSince);
    if (left <= 0 || !isLooking(store)) return;
    await new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        stop();
        resolve();
      };
      const timer = setTimeout(end, left);
      const stop = store.subscribe(() => {
        if (!isLooking(store)) end();
      });
    });
  }

  async function persist<T>(
    { tool, card, failedDevices, isWanted, onDevice, onSetback }: DeviceWork,
    go: (device: Runner) => Promise<T>,
    progress: () => number,
  ): Promise<T> {
    // Work that began on the processor would move to the GPU a moment later.
    await looked();
    let [before, failuresWithoutProgress] = [progress(), 0];
    for (;;) {
      // What nobody wants any more waits for no device: `go` refuses it.
      const device = isWanted() ? best(tool, failedDevices) : 'cpu';
      if (isWanted()) onDevice?.(device);
      const opened = async (): Promise<T> => {
        if (isWanted()) await open(card, device);
        return go(device);
      };
      try {
        return await (device === 'gpu' ? setup.withGpu(opened) : opened());
      } catch (error) {
        if (!isWanted()) throw error;
        const setback = toReport(goingOn(error));
        failuresWithoutProgress = progress() > before ? 1 : failuresWithoutProgress + 1;
        before = progress();
        const recovery = recover(setback.code, device, failuresWithoutProgress);
        if (recovery === 'fail') throw error;
        onSetback?.(setback);
        if (recovery === 'next' || (recovery === 'smaller' && !(await setup.downgradeTiles(card.id)))) {
          failedDevices.add(device);
          if (device === 'webgpu') webgpu.failed(card.id, setback);
        }
      }
    }
  }

  /** Jobs of tiles that are at a host, or about to be. */
  const atHosts = new Map<number, { work: DeviceWork; device: Runner }>();

  async function runTiles(
    work: DeviceWork,
    job: TileJob,
    begin?: (device: Runner) => void,
  ): Promise<'done' | 'cancelled'> {
    const { jobId, finished } = job;
    const { tool, card, failedDevices, isWanted, onDevice } = work;
    const followed: DeviceWork = {
      ...work,
      onDevice: (device) => {
        atHosts.set(jobId, { work, device });
        onDevice?.(device);
      },
    };
    const infer = async (device: Runner): Promise<HostCalls['infer']['result']> => {
      // A better device may have become ready while this one opened the network.
      if (!isWanted() || device !== best(tool, failedDevices)) return { kind: 'cancelled' };
      begin?.(device);
      return hosts[device].call('infer', { ...job, model: card.id, device, finished: [...finished] });
    };
    try {
      // A host that stopped though nobody cancelled: a better device takes over.
      for (let stops = 0; stops <= maxHandOvers; stops++) {
        const { kind } = await persist(followed, infer, () => finished.length);
        if (kind === 'done' || !isWanted()) return kind;
      }
    } finally {
      atHosts.delete(jobId);
    }
    throw new Error(`job ${jobId} was stopped more than ${maxHandOvers} times`);
  }

  function changed(): void {
    for (const [jobId, { work, device }] of atHosts)
      if (work.isWanted() && best(work.tool, work.failedDevices) !== device) hosts[device].tell('handOver', { jobId });
  }

  /** Runs pictures by their numbers, as many in one call as `most` says. */
  async function runEach<T>(
    work: DeviceWork,
    length: number,
    most: Record<Runner, number>,
    ask: (device: Runner, from: number, count: number) => Promise<T[]>,
    onNext: (done: number) => void,
  ): Promise<T[]> {
    const answers = new Map<number, T>();
    const rest = async (device: Runner): Promise<void> => {
      const waiting = Array.from({ length }, (_, i) => i).filter((i) => !answers.has(i));
      const run = async (): Promise<void> => {
        for (let from = waiting.shift(); from !== undefined; from = waiting.shift()) {
          onNext(answers.size);
          let count = 1;
          for (; count < most[device] && waiting[0] === from + count; count++) waiting.shift();
          const told = await ask(device, from, count);
          if (told.length !== count) throw new RangeError(`Expected ${count} answers but received ${told.length}`);
          for (const [i, answer] of told.entries()) answers.set(from + i, answer);
        }
      };
      const runs = await Promise.allSettled(
        Array.from({ length: picturesAtOnce[device] }, () =>
          run().catch((error: unknown) => {
            waiting.length = 0;
            throw error;
          }),
        ),
      );
      const failed = runs.find((each) => each.status === 'rejected');
      if (failed) throw failed.reason;
    };
    await persist(work, rest, () => answers.size);
    return Array.from({ length }, (_, i) => answers.get(i) as T);
  }

  const runAll: Devices['runAll'] = (work, pictures, onNext) => {
    const model = work.card.id;
    const ask = async (device: Runner, from: number): Promise<Outputs[]> => [
      await hosts[device].call('inferPart', { model, device, ...(pictures[from] as Picture) }),
    ];
    return runEach(work, pictures.length, { gpu: 1, webgpu: 1, cpu: 1 }, ask, onNext);
  };

  const runSheet: Devices['runSheet'] = (work, sheet, onNext) => {
    const model = work.card.id;
    const ask = (device: Runner, from: number, count: number) =>
      hosts[device].call('inferSheet', { model, device, ...sheet, from, count });
    return runEach(work, sheet.length, sheetAtOnce, ask, onNext);
  };

  async function open(card: ModelCard, device: Runner): Promise<void> {
    const task = device === 'gpu' ? setup.gpuTask(card.id) : undefined;
    if (task) {
      await hosts.gpu.call('openGpu', idOf(task)).catch(async (error: unknown) => {
        const report = toReport(error);
        if (report.code !== 'CACHE_DAMAGED') throw error;
        store.emit({ kind: 'notice', notice: report });
        await setup.remake(card.id);
        // The race was run again as well, and another candidate may have won.
        await hosts.gpu.call('openGpu', idOf(setup.gpuTask(card.id) ?? task));
      });
      return;
    }
    const version = { model: card.id, onnxSha256: card.onnx.sha256 };
    if (device === 'webgpu') {
      await hosts.webgpu.call('openWebgpu', version);
      return;
    }
    // A processor that failed before may be tried as often as a person likes: there is nothing to fall back to.
    hosts.cpu.forgive();
    await hosts.cpu.call('openCpu', version);
  }

  return { best, persist, runTiles, changed, runAll, runSheet };
}

/** An error as it is told while the work goes on. */
const goingOn = (error: unknown): unknown =>
  error instanceof AppError && error.code === 'HOST_DIED'
    ? new AppError('HOST_DIED', { ...error.params, goesOn: true }, error.detail)
    : error;

/** Whether the tools opened before the graphics card was found. */
function isLooking(store: Store): boolean {
  const { setup } = store.get();
  return setup.kind === 'ready' && setup.device.kind === 'cpu' && setup.device.reason.code === 'GPU_LOOKING';
}
