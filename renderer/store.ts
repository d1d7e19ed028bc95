/** What the window shows: main's state, and the screen's own. */
import { create } from 'zustand';
import { useShallow } from 'zustand/react/shallow';
import type { Format, ModelInfo, TextFormat } from '../app/contract';
import type { ErrorReport } from '../app/errors';
import { defaultQuality, scaleOf } from '../app/pictureLimits';
import { type AppState, initialState, type Job, type Result } from '../app/states';
import type { Change, Cut } from '../app/toolAnswer';
import type { Devices } from './device';
import type { Answer, Removal } from './unsaved/ask';
import type { Size, View } from './workspace/view';

export type Saving =
  | { kind: 'no' }
  /** `share`: how much of it is written, if that is known. */
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

/** The size of what is saved. */
export type SizeChoice =
  /** As the tool makes it. */
  | { kind: 'whole' }
  /** A multiple of the picture's size. */
  | { kind: 'times'; times: number }
  | { kind: 'width'; width: number };

/** What undo and redo change of a cut. */
export type Refined = Pick<Cut, 'base' | 'strokes'>;

export interface Screen {
  app: AppState;
  models: ModelInfo[];
  selected: string | null;
  /** The item of the queue that is open; null: the picture is none of it. */
  looked: number | null;
  /** What went wrong with opening a picture; beside the drop zone. */
  pictureError: ErrorReport | null;
  /** What went wrong with the last command; beside its button. */
  commandError: ErrorReport | null;
  busy: Busy;
  saving: Saving;
  format: Format;
  /** The format of saved text, if the text can be saved in it. */
  textFormat: TextFormat;
  /** Of JPEG and WebP, 1 to 100. */
  quality: number;
  size: SizeChoice;
  /** Whether metadata are saved along, and whether also the place where the picture was taken: null until a person has chosen. */
  keepMetadata: boolean;
  keepPlace: boolean | null;
  /** Share of the visible picture that shows the original, 0 to 100. */
  compare: number;
  /** The stage's size in CSS pixels. */
  stage: Size;
  view: View;
  /** A person's change to a tool's answer, until main has applied it. */
  draft: { jobId: number; change: Change } | null;
  /** Whether dragging over the picture draws a box. */
  drawingBox: boolean;
  /** Asked before something removes a result that was not saved. */
  question: { by: Removal; answer(answer: Answer): void } | null;
  /** What dragging over a picture that is cut out does; null: it moves the picture. */
  brush: 'keep' | 'remove' | null;
  /** The brush's diameter, CSS pixels: a person zooms for detail. */
  brushSize: number;
  /** For undo and redo of one job's result: what was there before each change, and before each undo. */
  cutHistory: { jobId: number; past: Refined[]; future: Refined[] } | null;
  /** Notices that a person closed, by their `keyOf`. */
  closedNotices: string[];
}

export const useScreen = create<Screen>()(() => ({
  app: initialState,
  models: [],
  selected: null,
  looked: null,
  pictureError: null,
  commandError: null,
  busy: { kind: 'no' },
  saving: { kind: 'no' },
  format: 'png',
  textFormat: 'txt',
  quality: defaultQuality,
  size: { kind: 'whole' },
  keepMetadata: true,
  keepPlace: null,
  compare: 50,
  stage: { width: 1, height: 1 },
  view: { kind: 'fit' },
  draft: null,
  drawingBox: false,
  question: null,
  brush: null,
  brushSize: 48,
  cutHistory: null,
  closedNotices: [],
}));

export const { getState: getScreen, setState: setScreen } = useScreen;

/** Brings back what each opened picture begins with. */
export const showOpened = (): void =>
  setScreen({
    looked: null,
    saving: { kind: 'no' },
    commandError: null,
    size: { kind: 'whole' },
    view: { kind: 'fit' },
  });

/** What decides which device a tool gets (device.ts). */
export const useDevices = (): Devices =>
  useScreen(useShallow(({ app: { setup, webgpu, preference } }) => ({ setup, webgpu, preference })));

/** The tool that is chosen in a state of the screen. */
export const selectedModel = ({ models, selected }: Screen): ModelInfo | null =>
  models.find((model) => model.id === selected) ?? null;

/** The result, if the chosen tool made it. Of an item of the queue: whatever was made of it. */
export const shownResult = ({ app: { result }, selected, looked }: Screen): Result | null =>
  result?.model === selected || looked !== null ? result : null;

/** The running job, else the chosen tool's last one. The end of another tool's job is no news. */
export function shownJob({ app: { job }, selected }: Screen): Job {
  if (job.kind === 'idle' || job.kind === 'running') return job;
  return job.model === selected ? job : idle;
}

const idle: Job = { kind: 'idle' };

/** The size of the chosen tool's result, or of its result to come. */
export function resultSize(screen: Screen): { width: number; height: number } | null {
  const { picture } = screen.app;
  if (!picture) return null;
  const result = shownResult(screen);
  if (result) return result;
  const model = selectedModel(screen);
  const scale = model ? scaleOf(model) : 1;
  return { width: picture.width * scale, height: picture.height * scale };
}

/** The size of the saved picture. */
export function outputSize(screen: Screen): { width: number; height: number } | null {
  const { size, app } = screen;
  const whole = resultSize(screen);
  if (!whole || !app.picture) return null;
  if (size.kind === 'whole') return { width: whole.width, height: whole.height };
  const width = size.kind === 'times' ? app.picture.width * size.times : size.width;
  return { width, height: Math.max(1, Math.round((width * whole.height) / whole.width)) };
}

/** Whether the place where the picture was taken is saved along. A tool that hides people leaves it out unless a person chooses it. */
export const keepsPlace = (screen: Screen): boolean => screen.keepPlace ?? !shownResult(screen)?.hides;

/** Chooses a tool. Does nothing while a tool is at work. */
export function selectTool(id: string): void {
  const { app, busy, selected, saving } = getScreen();
  if (app.job.kind === 'running' || busy.kind !== 'no' || id === selected) return;
  setScreen({ selected: id, view: { kind: 'fit' }, commandError: null, brush: null });
  // A save goes on, and can be stopped once its tool is chosen again.
  if (saving.kind !== 'saving') setScreen({ saving: { kind: 'no' } });
}
