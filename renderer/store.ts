/** What the window shows: main's state as it is, and what is the screen's own. */
import { create } from 'zustand';
import type { Format, ModelInfo, TextFormat } from '../app/contract';
import type { ErrorReport } from '../app/errors';
import { scaleOf } from '../app/pictureLimits';
import { type AppState, initialState, type Job, type Result } from '../app/states';
import type { Hidden } from '../app/toolAnswer';
import type { Answer, Removal } from './unsaved/ask';
import type { Size, View } from './workspace/view';

export type Saving =
  | { kind: 'no' }
  /** `share` of it that is written, where that is known. */
  | { kind: 'saving'; share?: number }
  | { kind: 'saved'; name: string; folder: string }
  | { kind: 'failed'; error: ErrorReport };

/** What the window itself is busy with between a click and main's answer. */
export type Busy =
  | { kind: 'no' }
  | { kind: 'opening'; name: string }
  | { kind: 'starting' }
  | { kind: 'finishing' }
  | { kind: 'comparing' };

/** How large what is saved is to be. */
export type SizeChoice =
  /** As the tool makes it. */
  | { kind: 'whole' }
  /** So many times the picture. */
  | { kind: 'times'; times: number }
  | { kind: 'width'; width: number };

export interface Screen {
  app: AppState;
  models: ModelInfo[];
  selected: string | null;
  /** What went wrong with opening a picture; beside the drop zone. */
  pictureError: ErrorReport | null;
  /** What went wrong with the last command; beside its button. */
  commandError: ErrorReport | null;
  busy: Busy;
  saving: Saving;
  format: Format;
  /** Of text, where what was found can be saved so. */
  textFormat: TextFormat;
  /** Of JPEG and WebP, 1 to 100. */
  quality: number;
  size: SizeChoice;
  /** Whether what the file says of itself is saved along; and where the picture was taken, `null` until a person has said. */
  keepMetadata: boolean;
  keepPlace: boolean | null;
  /** Share of the visible picture that shows the original, 0 to 100. */
  compare: number;
  /** Of the place where the picture lies, in CSS pixels. */
  stage: Size;
  view: View;
  /** What a person has made of the hidden boxes, until main has done it. */
  hideDraft: { jobId: number; hidden: Hidden } | null;
  /** Whether dragging over the picture draws a box. */
  drawingBox: boolean;
  /** Asked before something removes a result that was not saved. */
  question: { by: Removal; answer(answer: Answer): void } | null;
  /** Notices that were closed, by code and message. */
  closedNotices: string[];
}

export const useScreen = create<Screen>()(() => ({
  app: initialState,
  models: [],
  selected: null,
  pictureError: null,
  commandError: null,
  busy: { kind: 'no' },
  saving: { kind: 'no' },
  format: 'png',
  textFormat: 'txt',
  // Near-lossless to the eye.
  quality: 93,
  size: { kind: 'whole' },
  keepMetadata: true,
  keepPlace: null,
  compare: 50,
  stage: { width: 1, height: 1 },
  view: { kind: 'fit' },
  hideDraft: null,
  drawingBox: false,
  question: null,
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
export const shownResult = ({ app: { result }, selected }: Screen): Result | null =>
  result?.model === selected ? result : null;

/** The job that runs, or what became of the chosen tool's. Of any other it is no news. */
export function shownJob({ app: { job }, selected }: Screen): Job {
  if (job.kind === 'idle' || job.kind === 'running') return job;
  return job.model === selected ? job : idle;
}

const idle: Job = { kind: 'idle' };

/** What the chosen tool makes of the open picture: of what is there, else of what is to come. */
export function resultSize(screen: Screen): { width: number; height: number } | null {
  const { picture } = screen.app;
  if (!picture) return null;
  const result = shownResult(screen);
  if (result) return result;
  const model = selectedModel(screen);
  const scale = model ? scaleOf(model) : 1;
  return { width: picture.width * scale, height: picture.height * scale };
}

/** How large what is saved is. */
export function outputSize(screen: Screen): { width: number; height: number } | null {
  const { size, app } = screen;
  const whole = resultSize(screen);
  if (!whole || !app.picture) return null;
  if (size.kind === 'whole') return { width: whole.width, height: whole.height };
  const width = size.kind === 'times' ? app.picture.width * size.times : size.width;
  return { width, height: Math.max(1, Math.round((width * whole.height) / whole.width)) };
}

/** Whether the place where the picture was taken is saved along: not of a tool that hides people, unless a person says so. */
export const keepsPlace = (screen: Screen): boolean => screen.keepPlace ?? !shownResult(screen)?.hides;

/** Chooses a tool. Not while one is at work: its picture would go from under it. */
export function selectTool(id: string): void {
  const { app, busy, selected } = getScreen();
  if (app.job.kind === 'running' || busy.kind !== 'no' || id === selected) return;
  setScreen({ selected: id, view: { kind: 'fit' }, commandError: null, saving: { kind: 'no' } });
}
