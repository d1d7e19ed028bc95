/**
 * Infer, the last verb of the flow: runs one picture at a time on the device that serves its model, or on several in turn where one
 * fails or a better one becomes ready (devices.ts).
 */
import type { ModelCard } from '../../app/catalog';
import type { Arguments, ChangedEvent, Results } from '../../app/contract';
import { AppError, type ErrorReport, toReport } from '../../app/errors';
import { scaleOf } from '../../app/pictureLimits';
import type { Runner } from '../../app/runner';
import type { Job, OpenPicture, Result } from '../../app/states';
import type { Rect } from '../../app/tiles';
import type { ToolAnswer } from '../../app/toolAnswer';
import { isNetworkOf, toolOf } from '../../app/tools';
import { TopRows } from '../../app/topRows';
import type { HostEvents } from '../../host/protocol';
import type { PictureFacts } from '../../native/pixels';
import type { Host } from '../hosts/host';
import { applyAnswer } from '../pictures/answer';
import type { PictureShape } from '../pictures/pictureFile';
import type { LayerFacts, Shown } from '../pictures/shown';
import type { Shipped } from '../setup/shipped';
import type { Webgpu } from '../setup/webgpu';
import type { Store } from '../store';
import { coalesce } from './coalesce';
import { addFinished, type Devices, type DeviceWork } from './devices';
import { TileClock } from './speeds';

export interface Jobs {
  /** Starts a job on the open picture and answers at once. @throws AppError BUSY, MODEL_MISSING, PICTURE_NEEDS_ROOM. */
  start(job: Arguments<'job:start'>): Promise<{ jobId: number }>;
  /** The person looks at the open picture with this tool: its result's file is allocated ahead. @throws AppError MODEL_MISSING. */
  expect(job: Arguments<'job:expect'>): void;
  /**
   * Runs pictures through another network of the running job's tool, on the device that the job is on.
   * @throws AppError BAD_MESSAGE where that job does not run or its tool has no such part; what stopped the network, which ends
   * the job too.
   */
  parts(asked: Arguments<'job:parts'>): Promise<Results['job:parts']>;
  /** The tool's own code has answered: applies the answer and ends the job. @throws AppError BAD_MESSAGE where no such job runs. */
  finish(finished: Arguments<'job:finish'>): Promise<void>;
  /**
   * The person edits what a tool answered: applies the edited answer to the source again. Of several edits that come while one is
   * applied, only the last is applied.
   * @throws AppError BAD_MESSAGE where the result is another one, unfinished, a comparison or of another kind; what `applyAnswer`
   * throws, and the result stays as it was.
   */
  change(changed: Arguments<'answer:change'>): Promise<void>;
  /** Resolves once all edits so far are applied. */
  changed(): Promise<void>;
  /** Ends the running job: the person sees it end now, the device stops at its next tile. */
  cancel(): void;
  /** The page is gone. A job whose tool's code ran in it ends, with a note to the next page; a job of tiles goes on without a page. */
  ownerGone(): void;
  /** A device gives no sign of life, or gives one again: the running job's state says so. */
  onQuiet(device: Runner, isQuiet: boolean): void;
  /** Takes a host's report of finished tiles. @throws Error where no honest host would report so; host.ts then ends the host. */
  onTiles(tiles: HostEvents['tiles']): void;
  isRunning(jobId: number): boolean;
}

/** The kind of answer that each kind of edit belongs to. */
const editedBy = { hide: 'hide', cut: 'alpha' } as const;

/** How often the window hears of a running job: often enough to see it grow, seldom enough for a slow window to keep up. */
const changesEveryMs = 100;

/** A job of tiles that is at a host. */
interface Work {
  id: number;
  finished: Rect[];
  result: PictureFacts;
  card: ModelCard;
  /** Only while the job is on the processor. */
  clock?: TileClock | undefined;
  /** Only where the result will be saved as PNG: how many of its top rows the picture host was told of, and so encodes already. */
  ahead?: { layer: LayerFacts; rows: TopRows; told: number } | undefined;
}

export interface JobsParts {
  store: Store;
  devices: Devices;
  webgpu: Pick<Webgpu, 'consider'>;
  hosts: Record<Runner, Host>;
  shipped: Pick<Shipped, 'cards'>;
  shown: Shown;
  pictureHost: Pick<Host, 'call' | 'tell'>;
  tellChanged: (changed: ChangedEvent) => void;
  /** Ids of jobs only grow, whoever makes one: hosts count on it. */
  nextId?: () => number;
  /** Called with the time of each tile on the processor. */
  tileTook?: (card: ModelCard, tileMs: number) => void;
}

export function createJobs({
  store,
  devices,
  webgpu,
  hosts,
  shipped,
  shown,
  pictureHost,
  tellChanged,
  nextId = jobIds(),
  tileTook = () => {},
}: JobsParts): Jobs {
  /** When the latest job started, by the monotonic clock. */
  let startedAt = 0;
  const quiet: Record<Runner, boolean> = { gpu: false, webgpu: false, cpu: false };
  /** Devices that failed the latest job: it does not go back to them. */
  let failedDevices = new Set<Runner>();
  /** The work that came before: the device may still be busy with a cancelled job's last tile. */
  let previous: Promise<unknown> = Promise.resolve();
  /** The job that waits for `previous`. Only the latest waits, so that jobs cancelled meanwhile keep no pictures in memory. */
  let upNext: (() => Promise<void>) | undefined;

  let work: Work | undefined;
  let isStarting = false;
  /** The answer that the latest result was made of: an edit starts from it. */
  let answered: { jobId: number; answer: ToolAnswer } | undefined;
  let changing: Promise<void> = Promise.resolve();
  let lastChange = 0;

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

  /** The shape of the result that a tool of tiles makes of a picture. */
  const shapeOf = (card: ModelCard, { width, height }: OpenPicture): PictureShape => ({
    width: width * scaleOf(card),
    height: height * scaleOf(card),
    channels: 3,
  });

  function expect({ model, picture }: Arguments<'job:expect'>): void {
    const card = toolOf(shipped.cards, model);
    const state = store.get();
    // A running job has its own file, and the picture may have gone meanwhile.
    if (isStarting || state.job.kind === 'running' || state.picture?.id !== picture) return;
    const isMade = state.result?.model === model;
    shown.expect(card.flow.kind === 'tiles' && !isMade ? shapeOf(card, state.picture) : null);
    webgpu.consider(model);
  }

  async function start(asked: Arguments<'job:start'>): Promise<{ jobId: number }> {
    const card = toolOf(shipped.cards, asked.model);
    if (isStarting || store.get().job.kind === 'running') throw new AppError('BUSY', {});
    isStarting = true;
    try {
      const { told, layer } = shown.opened(asked.picture);
      const jobId = nextId();
      let result: PictureFacts | undefined;
      if (card.flow.kind === 'tiles') {
        shown.drop();
        const shape = shapeOf(card, told);
        const picture = await shown.makeFile(shape);
        try {
          // Throws where the person opened another picture meanwhile.
          shown.opened(asked.picture);
        } catch (error) {
          shown.discard(picture);
          throw error;
        }
        const { transparent } = told;
        const growing: Result = {
          ...newResult(jobId, card.id),
          width: shape.width,
          height: shape.height,
          kind: 'growing',
          pixels: true,
          transparent,
        };
        shown.show(growing, { picture, alpha: layer.alpha && 'original' });
        result = picture.facts;
      } else shown.drop();
      failedDevices = new Set();
      const device = devices.best(card.id, failedDevices);
      startedAt = performance.now();
      show({ kind: 'running', id: jobId, model: card.id, device, done: 0, total: 0, elapsedMs: 0 });
      webgpu.consider(card.id);
      upNext = () => run(jobId, card, layer, asked.format === 'png', result);
      previous = previous.then(() => {
        const go = upNext;
        upNext = undefined;
        return go?.();
      });
      return { jobId };
    } finally {
      isStarting = false;
    }
  }

  async function run(
    jobId: number,
    card: ModelCard,
    picture: LayerFacts,
    asPng: boolean,
    result?: PictureFacts,
  ): Promise<void> {
    const starting = running(jobId);
    if (!starting) return;
    const finished: Rect[] = [];
    work = result && { id: jobId, finished, result, card };
    if (work && result && asPng) {
      const layer = { picture: result, ...(picture.alpha && { alpha: picture.alpha }) };
      work.ahead = { layer, rows: new TopRows(result.width), told: 0 };
    }
    try {
      const tiles = { jobId, picture, result: result ?? null, finished };
      const kind = await devices.runTiles(workOf(starting, card), tiles, (device) => {
        // The tiles to come may write over the edges of finished ones, whose rows may be encoded already.
        if (finished.length > 0) dropAhead();
        if (work) work.clock = device === 'cpu' ? new TileClock() : undefined;
      });
      changes.flush();
      const job = running(jobId);
      // A `whole` tool's own code works on the outputs now and calls `finish`.
      if (!job || kind !== 'done' || !result) return;
      shown.tell(jobId, { kind: 'finished' });
      show(doneOf(job, Math.max(job.total, 1), elapsed()));
    } catch (error) {
      changes.flush();
      fail(jobId, toReport(error));
    } finally {
      work = undefined;
    }
  }

  /** Collects what the window is told of finished tiles. */
  const changes = coalesce<HostEvents['tiles']>(changesEveryMs, (came) => {
    const { jobId, total } = came.at(-1) as HostEvents['tiles'];
    const job = running(jobId);
    if (!job) return;
    const done = Math.max(...came.filter((each) => each.total === total).map((each) => each.done));
    show({ ...job, done: total === job.total ? Math.max(done, job.done) : done, total, elapsedMs: elapsed() });
    tellChanged({ id: jobId, rects: came.flatMap(({ rects }) => rects) });
  });

  function onTiles(tiles: HostEvents['tiles']): void {
    const { jobId, rects } = tiles;
    if (work?.id !== jobId) return;
    addFinished(work.finished, work.result, tiles);
    const tileMs = work.clock?.add(rects.length);
    if (tileMs !== undefined && running(jobId)) tileTook(work.card, tileMs);
    shown.grown(jobId, rects);
    tellAhead(jobId, rects);
    changes.add(tiles);
  }

  /** Has the PNG encoded from the top while tiles still come. */
  function tellAhead(jobId: number, rects: readonly Rect[]): void {
    const ahead = work?.ahead;
    // A stopped job's result may be gone, and its file's name may be another file's by now.
    if (!ahead || !running(jobId)) return;
    const rows = ahead.rows.add(rects);
    if (rows <= ahead.told) return;
    ahead.told = rows;
    pictureHost.tell('encodeAhead', { ...ahead.layer, rows });
  }

  function dropAhead(): void {
    const ahead = work?.ahead;
    if (!work || !ahead) return;
    work.ahead = undefined;
    if (ahead.told > 0) pictureHost.tell('encodeAhead', { ...ahead.layer, rows: 0 });
  }

  /** The running job's work on one of its tool's networks. */
  const workOf = ({ id: jobId, model: tool }: RunningJob, card: ModelCard): DeviceWork => ({
    tool,
    card,
    failedDevices,
    isWanted: () => running(jobId) !== undefined,
    onDevice: (device) => {
      if (running(jobId)?.device === device) return;
      // What the one before made is told as its own.
      changes.flush();
      const job = running(jobId);
      if (job) show({ ...job, device });
    },
    onSetback: (setback) => {
      const job = running(jobId);
      if (job) show({ ...job, setback });
    },
  });

  async function parts(asked: Arguments<'job:parts'>): Promise<Results['job:parts']> {
    const { jobId, model } = asked;
    const job = running(jobId);
    const card = shipped.cards.find(({ id }) => id === model);
    if (!job || !card || card.flow.kind !== 'whole' || !isNetworkOf(card, job.model))
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
    const wanted = (): RunningJob => {
      const job = running(jobId);
      if (!job) throw new AppError('BAD_MESSAGE', { channel: 'job:parts' }, `job ${jobId} has ended`);
      return job;
    };
    return devices.runAll(workOf(wanted(), card), pictures, (more) =>
      show({ ...wanted(), done: done + more, total, elapsedMs: elapsed() }),
    );
  }

  async function finish({ jobId, answer, note }: Arguments<'job:finish'>): Promise<void> {
    const job = running(jobId);
    const { picture } = store.get();
    if (!job || !picture || shipped.cards.find(({ id }) => id === job.model)?.flow.kind !== 'whole')
      throw new AppError('BAD_MESSAGE', { channel: 'job:finish' }, `job ${jobId}`);
    try {
      const files = await applyAnswer(shown, pictureHost, picture.id, answer);
      const ended = running(jobId);
      if (!ended) return files.discard();
      answered = { jobId, answer };
      shown.show({ ...newResult(jobId, job.model), ...files.told, note }, files.files);
      show(doneOf(ended, 1, elapsed()));
    } catch (error) {
      fail(jobId, toReport(error));
    }
  }

  async function change({ jobId, answer: change }: Arguments<'answer:change'>): Promise<void> {
    const refuse = (why: string) => new AppError('BAD_MESSAGE', { channel: 'answer:change' }, why);
    const editable = () => {
      const { result, picture, job } = store.get();
      if (!picture || !result || result.id !== jobId || answered?.jobId !== jobId || result.compared)
        throw refuse(`result ${jobId}`);
      if (result.kind !== 'finished' || job.kind === 'running') throw refuse('a job runs');
      const { answer } = answered;
      if (answer.kind !== editedBy[change.kind]) throw refuse(`${change.kind} for ${answer.kind}`);
      return { picture, result, answer };
    };
    // Said now, not once the edit is applied: what was saved is no longer what the person wants.
    if (editable().result.kept) shown.tell(jobId, { kept: false });
    const turn = ++lastChange;
    const work = changing.then(async () => {
      if (turn !== lastChange) return;
      const { picture, result: before, answer } = editable();
      const edited = change.kind === 'hide' ? change : answer;
      const made = await applyAnswer(shown, pictureHost, picture.id, edited, { change, result: before });
      try {
        // Throws where another picture or result is there by now.
        const { result } = editable();
        const { hides: _, regions: __, cut: ___, ...rest } = result;
        // The note says why the tool kept what it kept; another base keeps something else.
        const isRebased = made.told.cut?.base !== before.cut?.base;
        shown.show({ ...rest, ...(isRebased && { note: null }), ...made.told }, made.files);
      } catch (error) {
        made.discard();
        throw error;
      }
      tellChanged({ id: jobId, rects: [made.changed] });
    });
    changing = work.catch(() => undefined);
    return work;
  }

  function fail(jobId: number, reason: ErrorReport): void {
    const job = running(jobId);
    if (!job) return;
    stopped(job);
    show({ kind: 'failed', id: jobId, model: job.model, done: job.done, total: job.total, reason });
  }

  /** What a stopped job has finished stays on the screen. */
  function stopped({ id, done }: RunningJob): void {
    if (work?.id !== id && store.get().result?.id !== id) return;
    if (work?.id === id) dropAhead();
    if (done > 0) shown.tell(id, { kind: 'partial' });
    else shown.drop();
  }

  function cancel(): void {
    changes.flush();
    const { job } = store.get();
    if (job.kind !== 'running') return;
    // Told first, so that the host begins no tile of a result whose file is about to go.
    hosts[job.device].tell('cancel', { jobId: job.id });
    stopped(job);
    show({ kind: 'cancelled', id: job.id, model: job.model, done: job.done, total: job.total });
  }

  function ownerGone(): void {
    const { job } = store.get();
    const card = job.kind === 'running' ? shipped.cards.find(({ id }) => id === job.model) : undefined;
    if (job.kind !== 'running' || card?.flow.kind === 'tiles') return;
    const tool = card?.name ?? job.model;
    const reason = new AppError('WINDOW_GONE', { tool }).toReport();
    fail(job.id, reason);
    hosts[job.device].tell('cancel', { jobId: job.id });
    store.emit({ kind: 'notice', notice: reason });
  }

  return {
    start,
    expect,
    parts,
    finish,
    change,
    changed: () => changing,
    ownerGone,
    onQuiet: (device, isQuiet) => {
      quiet[device] = isQuiet;
      const { job } = store.get();
      if (job.kind === 'running') show(job);
    },
    cancel,
    onTiles,
    isRunning: (jobId) => running(jobId) !== undefined,
  };
}

/** @returns what makes ids of jobs, from 1. */
export function jobIds(): () => number {
  let last = 0;
  return () => ++last;
}

const newResult = (id: number, model: string) => ({ id, model, note: null });
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
