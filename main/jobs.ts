/**
 * Infer, the sentence's last word: one picture at a time through the device that serves its model. A device that fails costs
 * time, not the picture: the job goes on where it was, with smaller tiles, or on the processor (recover.ts).
 */
import type { ModelCard } from '../app/catalog';
import type { Arguments, Results, TileEvent } from '../app/contract';
import { AppError, type ErrorReport, ReportedError, toReport } from '../app/errors';
import { refusal } from '../app/pictureLimits';
import type { Job } from '../app/states';
import type { Rect } from '../app/tiles';
import type { Host } from './host';
import type { HostEvents } from './hostProtocol';
import type { Paths } from './paths';
import { recover } from './recover';
import type { Setup } from './setup';
import type { Store } from './store';
import { type Tile, Transfer } from './transfer';

export interface Jobs {
  /** Starts a job and answers at once. @throws AppError BUSY, MODEL_MISSING, PICTURE_TOO_LARGE. */
  start(job: Arguments<'job:start'>): { jobId: number };
  /**
   * Runs pictures through another network of the running job's tool, on the device that the job is on.
   * @throws AppError BAD_MESSAGE where that job does not run or its tool has no such part; whatever stopped the network,
   * which ends the job.
   */
  parts(asked: Arguments<'job:parts'>): Promise<Results['job:parts']>;
  /** The tool's own code is through: ends a job that has parts. */
  finish(jobId: number): void;
  /** Ends the running job now, as far as the person is concerned; the device stops at its next tile. */
  cancel(): void;
  /** The page that started the running job is gone, and so is whoever could use its result: ends it, and says so to the next. */
  ownerGone(): void;
  /** A device gives no sign of life, or one again: the running job says so. */
  onQuiet(device: 'gpu' | 'cpu', isQuiet: boolean): void;
  /** To be called with each tile of a host. */
  onTile(tile: HostEvents['tile']): void;
  isRunning(jobId: number): boolean;
}

export function createJobs(
  store: Store,
  setup: Setup,
  hosts: Record<'gpu' | 'cpu', Host>,
  cards: ModelCard[],
  paths: Paths,
  showTile: (tile: TileEvent) => Promise<void>,
): Jobs {
  let lastId = 0;
  /** Of the latest job, by a clock that nobody sets. */
  let startedAt = 0;
  const quiet = { gpu: false, cpu: false };
  /** The device may still be busy with a cancelled job's last tile. */
  let previous: Promise<unknown> = Promise.resolve();
  /** What waits for it: the latest only, so that jobs started and cancelled meanwhile keep no pictures in memory. */
  let upNext: (() => Promise<void>) | undefined;

  const transfers = { gpu: new Transfer(hosts.gpu), cpu: new Transfer(hosts.cpu) };

  const running = (jobId: number): RunningJob | undefined => {
    const { job } = store.get();
    return job.kind === 'running' && job.id === jobId ? job : undefined;
  };
  const show = (job: Job): void => {
    if (job.kind === 'running') {
      const { silent: _, ...rest } = job;
      store.emit({ kind: 'job', job: quiet[job.device] ? { ...rest, silent: true } : rest });
    } else store.emit({ kind: 'job', job });
  };
  const elapsed = (): number => performance.now() - startedAt;
  const partsOf = (model: string): ModelCard[] => cards.filter(({ partOf }) => partOf === model);

  function start(asked: Arguments<'job:start'>): { jobId: number } {
    const card = cards.find(({ id, partOf }) => id === asked.model && partOf === undefined);
    if (!card) throw new AppError('MODEL_MISSING', { model: asked.model });
    if (store.get().job.kind === 'running') throw new AppError('BUSY', {});
    const tooLarge = refusal(asked, card);
    if (tooLarge) throw new ReportedError(tooLarge);
    const jobId = ++lastId;
    // All of a tool or none: the status line names one device.
    const task = partsOf(card.id).every(({ id }) => setup.gpuTask(id)) ? setup.gpuTask(card.id) : undefined;
    const device = task ? 'gpu' : 'cpu';
    startedAt = performance.now();
    show({ kind: 'running', id: jobId, model: card.id, device, done: 0, total: 0, elapsedMs: 0 });
    upNext = () => run(jobId, card, asked);
    previous = previous.then(() => {
      const go = upNext;
      upNext = undefined;
      return go?.();
    });
    return { jobId };
  }

  async function run(jobId: number, card: ModelCard, { width, height, rgb }: Arguments<'job:start'>): Promise<void> {
    if (!running(jobId)) return;
    const finished: Rect[] = [];
    const picture = { width, height, rgb };
    try {
      const kind = await persist(
        jobId,
        card,
        async (device) => {
          if (!running(jobId)) return 'cancelled';
          const asked = { id: jobId, model: card.id, device, picture, finished };
          return transfers[device].infer(card, asked, (tile) => receive(jobId, tile));
        },
        () => finished.length,
      );
      const job = running(jobId);
      // A tool with parts is at work with the outputs now; it says when it is through.
      if (!job || kind !== 'done' || partsOf(card.id).length > 0) return;
      show(doneOf(job, Math.max(job.total, 1), elapsed()));
    } catch (error) {
      fail(jobId, toReport(error));
    }
  }

  /**
   * Opens a network of a job and does its work, as often as it helps, on the device that the job is on by then.
   * @param progress grows with what is finished. @throws what nothing helps against.
   */
  async function persist<T>(
    jobId: number,
    card: ModelCard,
    work: (device: 'gpu' | 'cpu') => Promise<T>,
    progress: () => number,
  ): Promise<T> {
    let [before, barren] = [progress(), 0];
    for (;;) {
      const device = deviceOf(jobId, card);
      try {
        await open(card, device);
        return await work(device);
      } catch (error) {
        const job = running(jobId);
        if (!job) throw error;
        const setback = toReport(goingOn(error));
        barren = progress() > before ? 1 : barren + 1;
        before = progress();
        const recovery = recover(setback.code, device, barren);
        if (recovery === 'fail') throw error;
        show({ ...job, setback });
        if (recovery === 'cpu' || (recovery === 'smaller' && !(await setup.takeSmaller(card.id)))) toCpu(jobId);
      }
    }
  }

  /** The job's; the processor where the GPU has been lost to this network meanwhile. */
  function deviceOf(jobId: number, card: ModelCard): 'gpu' | 'cpu' {
    if (running(jobId)?.device === 'gpu' && !setup.gpuTask(card.id)) toCpu(jobId);
    return running(jobId)?.device ?? 'cpu';
  }

  function toCpu(jobId: number): void {
    const job = running(jobId);
    if (job) show({ ...job, device: 'cpu' });
  }

  async function parts(asked: Arguments<'job:parts'>): Promise<Results['job:parts']> {
    const { jobId, model } = asked;
    const job = running(jobId);
    const card = cards.find(({ id }) => id === model);
    if (!job || !card || card.partOf !== job.model)
      throw new AppError('BAD_MESSAGE', { channel: 'job:parts' }, `${model} of job ${jobId}`);
    const work = previous.then(() => runParts(card, asked));
    previous = work.catch(() => undefined);
    return work.catch((error: unknown) => {
      fail(jobId, toReport(error));
      throw error;
    });
  }

  async function runParts(
    card: ModelCard,
    { jobId, done, total, pictures }: Arguments<'job:parts'>,
  ): Promise<Results['job:parts']> {
    const outputs: Results['job:parts'] = [];
    const rest = async (device: 'gpu' | 'cpu'): Promise<void> => {
      for (const picture of pictures.slice(outputs.length)) {
        const job = running(jobId);
        if (!job) throw new AppError('BAD_MESSAGE', { channel: 'job:parts' }, `job ${jobId} has ended`);
        show({ ...job, done: done + outputs.length, total, elapsedMs: elapsed() });
        outputs.push(await hosts[device].call('inferPart', { model: card.id, device, ...picture }));
      }
    };
    await persist(jobId, card, rest, () => outputs.length);
    return outputs;
  }

  function finish(jobId: number): void {
    const job = running(jobId);
    if (job && partsOf(job.model).length > 0) show(doneOf(job, 1, elapsed()));
  }

  async function open(card: ModelCard, device: 'gpu' | 'cpu'): Promise<void> {
    const task = device === 'gpu' ? setup.gpuTask(card.id) : undefined;
    if (task) {
      await hosts.gpu.call('openGpu', task).catch(async (error: unknown) => {
        if (toReport(error).code !== 'CACHE_DAMAGED') throw error;
        await setup.remake(card.id);
        // The race was run again as well, and another candidate may have won.
        await hosts.gpu.call('openGpu', setup.gpuTask(card.id) ?? task);
      });
      return;
    }
    // A processor that failed before may be tried as often as a person likes: there is nothing to fall back to.
    hosts.cpu.forgive();
    await hosts.cpu.call('openCpu', { card, onnxFile: paths.prepared(card.id, 'model.onnx') });
  }

  async function receive(jobId: number, { done, total, rect, rgb }: Tile): Promise<void> {
    const job = running(jobId);
    if (!job) return;
    // Tiles are read side by side: a later one may be here first. Of other tiles there are another number.
    show({ ...job, done: total === job.total ? Math.max(done, job.done) : done, total, elapsedMs: elapsed() });
    // A message carries all of a buffer, not just the part in view.
    await showTile({ jobId, rect, rgb: rgb.slice() });
  }

  function fail(jobId: number, reason: ErrorReport): void {
    const job = running(jobId);
    if (job) show({ kind: 'failed', id: jobId, model: job.model, done: job.done, total: job.total, reason });
  }

  function ownerGone(): void {
    const { job } = store.get();
    if (job.kind !== 'running') return;
    const tool = cards.find(({ id }) => id === job.model)?.name ?? job.model;
    const reason = new AppError('WINDOW_GONE', { tool }).toReport();
    fail(job.id, reason);
    hosts[job.device].tell('cancel', { jobId: job.id });
    store.emit({ kind: 'notice', notice: reason });
  }

  return {
    start,
    parts,
    finish,
    ownerGone,
    onQuiet: (device, isQuiet) => {
      quiet[device] = isQuiet;
      const { job } = store.get();
      if (job.kind === 'running') show(job);
    },
    cancel: () => {
      const { job } = store.get();
      if (job.kind !== 'running') return;
      show({ kind: 'cancelled', id: job.id, model: job.model, done: job.done, total: job.total });
      hosts[job.device].tell('cancel', { jobId: job.id });
    },
    onTile: (tile) => {
      for (const transfer of Object.values(transfers)) transfer.onTile(tile);
    },
    isRunning: (jobId) => running(jobId) !== undefined,
  };
}

/** An error as it is told while the job goes on. */
const goingOn = (error: unknown): unknown =>
  error instanceof AppError && error.code === 'HOST_DIED'
    ? new AppError('HOST_DIED', { ...error.params, goesOn: true }, error.detail)
    : error;

type RunningJob = Extract<Job, { kind: 'running' }>;

const doneOf = ({ id, model, device, setback }: RunningJob, total: number, elapsedMs: number): Job => ({
  kind: 'done',
  id,
  model,
  device,
  total,
  elapsedMs,
  ...(setback && { setback }),
});
