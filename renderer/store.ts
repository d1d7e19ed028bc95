/** What the window shows: main's state as it is, and what is the screen's own. */
import { create } from 'zustand';
import type { ModelInfo } from '../app/contract';
import type { ErrorReport } from '../app/errors';
import { type AppState, initialState, type Job } from '../app/states';
import type { TextRegion } from '../models/tool';
import type { Format } from './picture/name';
import type { View } from './workspace/view';

/** An opened picture, decoded and turned upright. */
export interface Picture {
  name: string;
  width: number;
  height: number;
  canvas: HTMLCanvasElement;
}

/** What a tool made of the picture. */
export interface Result {
  model: string;
  /** Null where the picture stays as it is. */
  canvas: HTMLCanvasElement | null;
  /** `growing`: tiles still come. `partial`: stopped before the end. */
  kind: 'growing' | 'partial' | 'finished';
  transparent: boolean;
  note: string;
  /** What the slider shows on its left instead of the picture: what another version of the weights made of it. */
  before?: HTMLCanvasElement;
  /** Text that was found in the picture. */
  regions?: readonly TextRegion[];
}

export type Saving =
  | { kind: 'no' }
  | { kind: 'saving' }
  | { kind: 'saved'; name: string; folder: string }
  | { kind: 'failed'; error: ErrorReport };

/** What the window itself is busy with between a click and main's answer. */
export type Busy =
  | { kind: 'no' }
  | { kind: 'opening'; name: string }
  | { kind: 'starting' }
  | { kind: 'finishing' }
  | { kind: 'comparing' };

export interface Screen {
  app: AppState;
  models: ModelInfo[];
  selected: string | null;
  picture: Picture | null;
  /** Id of the last job before the picture was opened; 0: there was none. */
  earlierJob: number;
  /** What went wrong with opening a picture; beside the drop zone. */
  pictureError: ErrorReport | null;
  result: Result | null;
  /** What went wrong with the last command; beside its button. */
  commandError: ErrorReport | null;
  busy: Busy;
  saving: Saving;
  format: Format;
  /** Share of the visible picture that shows the original, 0 to 100. */
  compare: number;
  view: View;
  /** Notices that were closed, by code and message. */
  closedNotices: string[];
}

export const useScreen = create<Screen>()(() => ({
  app: initialState,
  models: [],
  selected: null,
  picture: null,
  earlierJob: 0,
  pictureError: null,
  result: null,
  commandError: null,
  busy: { kind: 'no' },
  saving: { kind: 'no' },
  format: 'png',
  compare: 50,
  view: { kind: 'fit' },
  closedNotices: [],
}));

export const { getState: getScreen, setState: setScreen } = useScreen;

/** What the list offers: models that are no part of another. */
export const toolsOf = (models: readonly ModelInfo[]): ModelInfo[] =>
  models.filter(({ partOf }) => partOf === undefined);

/** A tool's networks: its own and its parts'. */
export const networksOf = (models: readonly ModelInfo[], tool: string): string[] => [
  tool,
  ...models.filter(({ partOf }) => partOf === tool).map(({ id }) => id),
];

/** The tool that is chosen in a state of the screen. */
export const selectedModel = ({ models, selected }: Screen): ModelInfo | null =>
  models.find((model) => model.id === selected) ?? null;

/** The result, where it is the chosen tool's. */
export const shownResult = ({ result, selected }: Screen): Result | null =>
  result?.model === selected ? result : null;

/** The job that runs, or what became of the chosen tool's on the open picture. Of any other it is no news. */
export function shownJob({ app: { job }, picture, earlierJob, selected }: Screen): Job {
  if (job.kind === 'idle' || job.kind === 'running') return job;
  return picture && job.id > earlierJob && job.model === selected ? job : idle;
}

const idle: Job = { kind: 'idle' };

/** Chooses a tool. Not while one is at work: its picture would go from under it. */
export function selectTool(id: string): void {
  const { app, busy, selected } = getScreen();
  if (app.job.kind === 'running' || busy.kind !== 'no' || id === selected) return;
  setScreen({ selected: id, view: { kind: 'fit' }, commandError: null, saving: { kind: 'no' } });
}
