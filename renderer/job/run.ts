/** One job from the window's side: sends the picture, lays what comes back onto the result's canvas. */
import { type ModelInfo, maxParts, type OutputsEvent, type TileEvent } from '../../app/contract';
import { AppError, ReportedError, toReport } from '../../app/errors';
import { refusal, scaleOf } from '../../app/pictureLimits';
import type { Job } from '../../app/states';
import { makeCanvas, type ToolInput } from '../../models/tool';
import { rgbaToRgb, rgbToRgba } from '../picture/pixels';
import { isTransparent } from '../picture/transparency';
import { getScreen, networksOf, type Picture, type Result, selectedModel, setScreen } from '../store';
import { fittedPixels, pixelsFor, takeAlpha } from './input';
import { toolFor } from './tools';

interface Work {
  /** Null until main has told it; its first tiles may come before that. */
  jobId: number | null;
  model: ModelInfo;
  picture: Picture;
  context: CanvasRenderingContext2D | null;
  /** Whether the picture lets something shine through, which the network does not see. */
  transparent: boolean;
  early: (TileEvent | OutputsEvent)[];
}

let work: Work | null = null;

/** Starts the chosen tool on the open picture. Does nothing where either is missing or one is at work. */
export async function startJob(): Promise<void> {
  const screen = getScreen();
  const model = selectedModel(screen);
  const { picture, busy, app } = screen;
  if (!model || !picture || busy.kind !== 'no' || app.job.kind === 'running' || refusal(picture, model)) return;
  setScreen({ busy: { kind: 'starting' }, commandError: null, saving: { kind: 'no' } });
  try {
    const input = pixelsFor(picture, model);
    const pixels = { width: input.width, height: input.height, rgb: rgbaToRgb(input.data) };
    const started: Work = { jobId: null, model, picture, context: null, transparent: false, early: [] };
    if (model.flow.kind === 'tiles') {
      const scale = scaleOf(model);
      const { canvas, context } = makeCanvas(picture.width * scale, picture.height * scale);
      started.context = context;
      started.transparent = isTransparent(picture.canvas);
      show({ model: model.id, canvas, kind: 'growing', transparent: false, note: '' });
    } else setScreen({ result: null });
    work = started;
    const answer = await window.refit.startJob({ model: model.id, ...pixels });
    if (!answer.ok) {
      work = null;
      setScreen({ commandError: answer.error, result: null });
      return;
    }
    started.jobId = answer.value.jobId;
    for (const event of started.early.splice(0)) 'rgb' in event ? takeTile(event) : void takeOutputs(event);
    takeJob(getScreen().app.job);
  } catch (error) {
    work = null;
    setScreen({ commandError: toReport(error), result: null });
  } finally {
    if (getScreen().busy.kind === 'starting') setScreen({ busy: { kind: 'no' } });
  }
}

/** Stops the running job; what is done so far stays. */
export async function cancelJob(): Promise<void> {
  if (getScreen().app.job.kind !== 'running') return;
  const answer = await window.refit.cancelJob();
  if (!answer.ok) setScreen({ commandError: answer.error });
}

/** A tile came. */
export function takeTile(tile: TileEvent): void {
  if (!work?.context) return;
  if (work.jobId === null) work.early.push(tile);
  if (work.jobId !== tile.jobId) return;
  const { x, y, width, height } = tile.rect;
  work.context.putImageData(new ImageData(rgbToRgba(tile.rgb), width, height), x, y);
}

/** A `whole` model's outputs came: its own code makes the picture. */
export async function takeOutputs(event: OutputsEvent): Promise<void> {
  if (!work || work.context) return;
  if (work.jobId === null) work.early.push(event);
  if (work.jobId !== event.jobId || work.model.flow.kind !== 'whole') return;
  const { model, picture } = work;
  const { fit } = work.model.flow;
  const { jobId, outputs } = event;
  const hasParts = networksOf(getScreen().models, model.id).length > 1;
  work = null;
  setScreen({ busy: { kind: 'finishing' } });
  try {
    const { canvas: original } = picture;
    const run = runnerFor(jobId);
    const finished = await toolFor(model.id).finish({ original, outputs, fit, input: model.profile, run });
    const transparent = finished.canvas !== null && isTransparent(finished.canvas);
    show({ model: model.id, kind: 'finished', ...finished, transparent });
    if (hasParts) await window.refit.finishJob(jobId);
  } catch (error) {
    // What main stopped, it says itself.
    if (endedByMain(jobId)) return;
    setScreen({ commandError: toReport(error) });
    if (hasParts) await window.refit.cancelJob();
  } finally {
    setScreen({ busy: { kind: 'no' } });
  }
}

/** What a tool's code calls its parts by. */
const runnerFor =
  (jobId: number): ToolInput['run'] =>
  async (id, canvases) => {
    const part = getScreen().models.find((model) => model.id === id);
    if (!part) throw new AppError('MODEL_MISSING', { model: id });
    const total = canvases.length;
    const outputs: OutputsEvent['outputs'][] = [];
    while (outputs.length < total) {
      const done = outputs.length;
      const pictures = canvases.slice(done, done + maxParts).map((canvas) => {
        const { width, height, data } = fittedPixels(canvas, part);
        return { width, height, rgb: rgbaToRgb(data) };
      });
      const answer = await window.refit.runParts({ jobId, model: id, done, total, pictures });
      if (!answer.ok) throw new ReportedError(answer.error);
      outputs.push(...answer.value);
    }
    return outputs;
  };

function endedByMain(jobId: number): boolean {
  const { job } = getScreen().app;
  return (job.kind === 'failed' || job.kind === 'cancelled') && job.id === jobId;
}

/** Main's word on the job changed. */
export function takeJob(job: Job): void {
  if (!work || work.jobId === null || job.kind === 'idle' || job.kind === 'running' || job.id !== work.jobId) return;
  const { context, transparent, picture, model } = work;
  if (!context) {
    // A `whole` job's outputs may come after it is done; without them it left nothing.
    if (job.kind !== 'done') work = null;
    return;
  }
  work = null;
  const { canvas } = context;
  const result = { model: model.id, canvas, note: '' };
  if (job.kind === 'done') {
    if (transparent) takeAlpha(context, picture);
    show({ ...result, kind: 'finished', transparent });
  } else if (job.done > 0) show({ ...result, kind: 'partial', transparent: false });
  else setScreen({ result: null });
}

const show = (result: Result): void => setScreen({ result });
