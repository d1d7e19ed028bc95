/**
 * The app's state, as one value that main owns. Main sends its events; the window applies them to its own copy.
 *
 * Setup:
 *                ┌────────────────────────────── retry ─────────────────────────────┐
 *                ▼                                                                   │
 *   starting ─► detecting ─┬─ skip, or not the first start ────────────────► ready (cpu, until found)
 *                          ├─ no GPU serves ───────────────────────────────► ready (cpu, reason)
 *                          ├─ all engines cached ──────────────────────────► ready (gpu)
 *                          ├─ some to make again ──────────────────────────► ready (gpu), the rest behind
 *                          ├─ all to make again ───────────────────────────► ready (cpu, until one is done)
 *                          └─ none made yet ───────► found ─┬─ prepare ─► preparing ─► prepared ─ go on ─► ready (gpu)
 *                                                           │                ├─ go on ► ready (gpu, with what is done)
 *                                                           │                └─ skip ─► ready (cpu, until one is done)
 *                                                           └─ skip ────────────────► ready (cpu, reason: skipped)
 *   Several rows may move at once, in `preparing`, and in `ready` (gpu) while the rest is prepared behind.
 *   any state ─ the host gave up ─► ready (cpu, reason)
 *
 * Job:   idle ─► running ─┬─► done
 *                         ├─► cancelled      each of the three ─► running
 *                         └─► failed
 */
import type { Target } from './catalog';
import { type ErrorReport, isSameError } from './errors';
import type { RankedGpus } from './gpus';
import type { Driver, Gpu } from './machine';
import type { Maker } from './makers';
import type { PictureNote, ResultNote } from './notes';
import { automatic, type Preference } from './preference';
import type { Runner } from './runner';
import type { Cut, Hidden, TextRegion } from './toolAnswer';

/** What one model gets on this GPU. */
export type EngineRow =
  | { kind: 'engine'; model: string; profile: string; target: Target }
  | { kind: 'refused'; model: string; reason: ErrorReport };

/**
 * How far one model's preparation is. Bytes are weight bytes. `race`: how many of all candidates were tried before this one.
 * `perSecond`: what the engine does in a second (Timed.usefulPerSecond), where it was timed on this card.
 * `again`: the host died at it, and tries once more. `silent`: the host gives no sign of life.
 */
export type PrepareRow = {
  model: string;
  onnxBytes: number;
  race?: { done: number; total: number };
  again?: true;
  silent?: true;
} & (
  | { phase: 'waiting' }
  /** Plan and runtime cache were there already. */
  | { phase: 'cached'; perSecond?: number }
  | { phase: 'verifying' }
  | { phase: 'refitting'; weightsDone: number; weightsTotal: number; bytesDone: number; bytesTotal: number }
  /** Every weight is found, and the engine library makes the plan of them. */
  | { phase: 'serializing' }
  /** The plan runs the golden picture. */
  | { phase: 'checking' }
  /** The plan is timed, to find the fastest of several. */
  | { phase: 'timing' }
  | { phase: 'saving' }
  /**
   * `timed`: how many candidates were timed, of which this one is the fastest; omitted: the first good one, not raced yet.
   * `notKept`: the session runs, but the cache could not be written.
   */
  | {
      phase: 'done';
      elapsedMs: number;
      weightBytes: number;
      planBytes: number;
      timed?: number;
      perSecond?: number;
      notKept?: ErrorReport;
    }
  | { phase: 'failed'; reason: ErrorReport }
);

export interface GpuFacts {
  gpu: Gpu;
  driver: Driver;
  runtime: string;
}

export type Setup =
  | { kind: 'starting' }
  | { kind: 'detecting' }
  | { kind: 'found'; facts: GpuFacts; engines: EngineRow[] }
  | { kind: 'preparing'; facts: GpuFacts; rows: PrepareRow[] }
  | { kind: 'prepared'; facts: GpuFacts; rows: PrepareRow[]; elapsedMs: number }
  | { kind: 'ready'; device: Device };

/** Which device works; of the processor also why. */
export type Device =
  | { kind: 'gpu'; facts: GpuFacts; rows: PrepareRow[] }
  | { kind: 'cpu'; reason: ErrorReport; facts?: GpuFacts };

export type Job =
  | { kind: 'idle' }
  | {
      kind: 'running';
      id: number;
      model: string;
      device: Runner;
      done: number;
      total: number;
      /** From its start to the last thing that it finished. */
      elapsedMs: number;
      /** Its device has given no sign of life for some seconds. */
      silent?: true;
      /** The last thing that went wrong; the job goes on all the same, perhaps on another device. */
      setback?: ErrorReport;
    }
  | {
      kind: 'done';
      id: number;
      model: string;
      device: Runner;
      total: number;
      elapsedMs: number;
      setback?: ErrorReport;
    }
  | { kind: 'cancelled'; id: number; model: string; done: number; total: number }
  | { kind: 'failed'; id: number; model: string; done: number; total: number; reason: ErrorReport };

/** The picture that is open. Its pixels lie in a file that main holds; the window asks for what it shows. */
export interface OpenPicture {
  id: number;
  name: string;
  width: number;
  height: number;
  /** Whether it has transparent pixels. */
  transparent: boolean;
  /** Whether its colours are Display P3's; the window shows all others as sRGB's. */
  displayP3: boolean;
  /** What a person should know of how it was read. */
  notes: PictureNote[];
}

/** What a tool made or makes of the picture. */
export interface Result {
  /** The id of the job that makes it. */
  id: number;
  model: string;
  width: number;
  height: number;
  /** `growing`: tiles still come. `partial`: stopped before the end. */
  kind: 'growing' | 'partial' | 'finished';
  /** Whether it has pixels of its own. Text has none: the picture stays as it is. */
  pixels: boolean;
  transparent: boolean;
  /** What is hidden, for a person to change. Nothing else in a file of such a picture may tell who is in it. */
  hides?: Hidden;
  /** How the picture is cut out, for a person to change. */
  cut?: Cut;
  note: ResultNote | null;
  /** Text that was found in the picture. */
  regions?: readonly TextRegion[];
  /** Whether the person has it: it was saved, or copied, as it is. */
  kept?: boolean;
  /** Whether there is a layer `before`: what another version of the weights made of the picture. */
  compared?: true;
}

/** What WebGPU is to one model, where TensorRT does not serve it. */
export type WebgpuRow = { model: string } & (
  | { kind: 'trying' }
  /** `times`: so many times as fast as the processor; `perSecond`: as of an engine; measured here. */
  | { kind: 'serves'; times: number; perSecond: number }
  | { kind: 'refused'; reason: ErrorReport }
);

export interface AppState {
  setup: Setup;
  /** NVIDIA's cards on this machine; none before they are found. */
  gpus: RankedGpus;
  /** What the person chose to compute on. */
  preference: Preference;
  /** Whose cards WebGPU can be sent to; none where it cannot be told. */
  makers: Maker[];
  /** Of the models that were tried. */
  webgpu: WebgpuRow[];
  picture: OpenPicture | null;
  /** Of the open picture. */
  result: Result | null;
  job: Job;
  /** Milliseconds that a tile of each tool took on this machine's processor; of tools that never ran there, none. */
  tileMs: Readonly<Record<string, number>>;
  /** Things worth saying that stop nothing: a damaged cache entry made again, a tool left out. */
  notices: ErrorReport[];
}

/** Whether a tool made something that would be lost with the result: finished, and the person does not have it. */
export function isUnsaved({ result }: Pick<AppState, 'result'>): boolean {
  if (result?.kind !== 'finished' || result.kept || result.compared) return false;
  // No text was found, or nothing is hidden: the picture is as it was.
  return (result.regions ?? result.hides?.boxes)?.length !== 0;
}

export const initialState: AppState = {
  setup: { kind: 'starting' },
  gpus: { rows: [], merit: null },
  preference: automatic,
  makers: [],
  webgpu: [],
  picture: null,
  result: null,
  job: { kind: 'idle' },
  tileMs: {},
  notices: [],
};

export type Event =
  | { kind: 'detect' }
  | { kind: 'gpus'; gpus: RankedGpus }
  | { kind: 'preference'; preference: Preference }
  | { kind: 'makers'; makers: Maker[] }
  | { kind: 'found'; facts: GpuFacts; engines: EngineRow[] }
  | { kind: 'preparing'; facts: GpuFacts; rows: PrepareRow[] }
  | { kind: 'row'; row: PrepareRow }
  | { kind: 'prepared'; elapsedMs: number }
  | { kind: 'ready'; device: Device }
  | { kind: 'webgpu'; row: WebgpuRow }
  /** It works on another card from now on: what is known is of the one before. */
  | { kind: 'webgpuAnew' }
  /** Another picture is open, and what was made of the one before is gone. */
  | { kind: 'picture'; picture: OpenPicture }
  | { kind: 'result'; result: Result | null }
  | { kind: 'job'; job: Job }
  | { kind: 'tileMs'; model: string; tileMs: number }
  | { kind: 'notice'; notice: ErrorReport };

/** An event and its place in their order, from 1. */
export interface NumberedEvent {
  sequence: number;
  event: Event;
}

/** The state, and the number of the event that led to it; 0: the initial state. */
export interface Snapshot {
  sequence: number;
  state: AppState;
}

/** The state after an event. Pure; an event that does not fit the state leaves it as it was. */
export function next(state: AppState, event: Event): AppState {
  const { setup } = state;
  switch (event.kind) {
    case 'detect':
      if (setup.kind === 'found' || setup.kind === 'preparing' || setup.kind === 'prepared') return state;
      return { ...state, setup: { kind: 'detecting' } };
    case 'gpus':
      return { ...state, gpus: event.gpus };
    case 'preference':
      return { ...state, preference: event.preference };
    case 'makers':
      return { ...state, makers: event.makers };
    case 'found':
      // From `found` where the person takes another card.
      if (setup.kind !== 'detecting' && setup.kind !== 'found') return state;
      return { ...state, setup: { kind: 'found', facts: event.facts, engines: event.engines } };
    case 'preparing':
      if (setup.kind !== 'found') return state;
      return { ...state, setup: { kind: 'preparing', facts: event.facts, rows: event.rows } };
    case 'row': {
      const replace = (rows: PrepareRow[]) => rows.map((row) => (row.model === event.row.model ? event.row : row));
      if (setup.kind === 'preparing' || setup.kind === 'prepared')
        return { ...state, setup: { ...setup, rows: replace(setup.rows) } };
      if (setup.kind === 'ready' && setup.device.kind === 'gpu')
        return { ...state, setup: { ...setup, device: { ...setup.device, rows: replace(setup.device.rows) } } };
      return state;
    }
    case 'prepared':
      return setup.kind === 'preparing'
        ? { ...state, setup: { ...setup, kind: 'prepared', elapsedMs: event.elapsedMs } }
        : state;
    case 'ready':
      return { ...state, setup: { kind: 'ready', device: event.device } };
    case 'webgpu':
      return { ...state, webgpu: [...state.webgpu.filter(({ model }) => model !== event.row.model), event.row] };
    case 'webgpuAnew':
      return { ...state, webgpu: [] };
    case 'picture':
      // The last picture's job is no news any more.
      return { ...state, picture: event.picture, result: null, job: { kind: 'idle' } };
    case 'result':
      return { ...state, result: event.result };
    case 'job':
      return follows(state.job, event.job) ? { ...state, job: event.job } : state;
    case 'tileMs':
      return { ...state, tileMs: { ...state.tileMs, [event.model]: event.tileMs } };
    case 'notice':
      return state.notices.some((notice) => isSameError(notice, event.notice))
        ? state
        : { ...state, notices: [...state.notices, event.notice] };
  }
}

/** Job ids only grow. News of an earlier job comes too late, and a job that has ended stays as it ended. */
function follows(current: Job, job: Job): boolean {
  if (current.kind === 'idle' || job.kind === 'idle') return true;
  return job.id === current.id ? current.kind === 'running' : job.id > current.id;
}
