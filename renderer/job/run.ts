/** One job from the window's side: starts it, and runs a `whole` tool's own code on what comes back. */
import type { OutputsEvent } from '../../app/contract';
import { AppError, ReportedError, toReport } from '../../app/errors';
import { partsIn } from '../../app/parts';
import type { OpenPicture } from '../../app/states';
import { lookBy, type ToolInput, type ToolResult } from '../../models/tool';
import { isQueuePanel } from '../queue/panel';
import { getScreen, type Screen, selectedModel, setScreen, showOpened, useScreen } from '../store';
import { mayRemoveResult } from '../unsaved/ask';
import { toolFor } from './tools';

const isFree = (screen: Screen): boolean =>
  screen.busy.kind === 'no' && screen.app.job.kind !== 'running' && screen.app.picture !== null;

/** Starts the chosen tool on the open picture. Does nothing if one of the two is missing or a tool is at work. */
export async function startJob(): Promise<void> {
  if (!isFree(getScreen()) || !(await mayRemoveResult('start'))) return;
  const screen = getScreen();
  const { app, format } = screen;
  const model = selectedModel(screen);
  if (!isFree(screen) || !model || !app.picture) return;
  setScreen({ busy: { kind: 'starting' }, commandError: null, saving: { kind: 'no' } });
  const answer = await window.refit.startJob({ model: model.id, picture: app.picture.id, format });
  if (!answer.ok) setScreen({ commandError: answer.error });
  if (getScreen().busy.kind === 'starting') setScreen({ busy: { kind: 'no' } });
}

/** From now on tells main which tool the person looks at: its engine is made first. */
export function tellChosen(): void {
  useScreen.subscribe(({ selected }, before) => {
    // Only the order of the engines depends on it.
    if (selected && selected !== before.selected) void window.refit.chooseTool(selected);
  });
}

/** From now on tells main what the person may start next, at each change of picture or tool. */
export function tellExpected(): void {
  useScreen.subscribe(({ app: { picture }, selected }, before) => {
    // The queue begins by itself.
    if (
      isQueuePanel() ||
      !picture ||
      !selected ||
      (picture.id === before.app.picture?.id && selected === before.selected)
    )
      return;
    // A hint only: the job starts without it too.
    void window.refit.expectJob({ model: selected, picture: picture.id });
  });
}

/** Makes the result the open picture, for the next tool. */
export async function takeResult(): Promise<void> {
  // biome-ignore lint/correctness/useHookAtTopLevel: a command of main's, and no hook
  const answer = await window.refit.useResult();
  if (!answer.ok) setScreen({ commandError: answer.error });
  else showOpened();
}

/** Stops the running job; what is done so far stays. */
export async function cancelJob(): Promise<void> {
  if (getScreen().app.job.kind !== 'running') return;
  const answer = await window.refit.cancelJob();
  if (!answer.ok) setScreen({ commandError: answer.error });
}

/** Runs a `whole` tool's own code on its network's outputs, and tells main what to do to the picture. */
export async function takeOutputs({ jobId, outputs }: OutputsEvent): Promise<void> {
  const { job, picture } = getScreen().app;
  if (job.kind !== 'running' || job.id !== jobId || !picture) return;
  setScreen({ busy: { kind: 'finishing' } });
  try {
    const result = await answerFor(job.model, picture, outputs, runnerFor(jobId));
    const finished = await window.refit.finishJob({ jobId, ...result });
    if (!finished.ok) throw new ReportedError(finished.error);
  } catch (error) {
    // Main says itself what it stopped.
    if (endedByMain(jobId)) return;
    setScreen({ commandError: toReport(error) });
    await window.refit.cancelJob();
  } finally {
    setScreen({ busy: { kind: 'no' } });
  }
}

/** Runs a tool's own code on its network's outputs. @throws what that code throws; AppError MODEL_MISSING. */
export async function answerFor(
  id: string,
  picture: OpenPicture,
  outputs: OutputsEvent['outputs'],
  run: ToolInput['run'],
): Promise<ToolResult> {
  const model = getScreen().models.find((each) => each.id === id);
  if (model?.flow.kind !== 'whole') throw new AppError('MODEL_MISSING', { model: id });
  const cut: ToolInput['cut'] = async (rectangle, width, height) => {
    const answer = await window.refit.cut({ id: picture.id, rectangle, width, height });
    if (!answer.ok) throw new ReportedError(answer.error);
    return answer.value.rgba;
  };
  const { width, height, transparent } = picture;
  const { flow, profile: input } = model;
  return toolFor(id).finish({
    picture: { width, height, transparent },
    outputs,
    fit: flow.fit,
    input,
    cut,
    look: lookBy({ cut, input }),
    run,
  });
}

/** Lets a tool's code run its networks. Progress counts on from call to call unless the code says otherwise. */
const runnerFor = (jobId: number): ToolInput['run'] => {
  let before = 0;
  return async (model, pictures, progress = { done: before, total: before + pictures.length }) => {
    const outputs: OutputsEvent['outputs'][] = [];
    for (const some of partsIn(pictures)) {
      const done = progress.done + outputs.length;
      const answer = await window.refit.runParts({ jobId, model, done, total: progress.total, pictures: some });
      if (!answer.ok) throw new ReportedError(answer.error);
      outputs.push(...answer.value);
    }
    before += pictures.length;
    return outputs;
  };
};

function endedByMain(jobId: number): boolean {
  const { job } = getScreen().app;
  return (job.kind === 'failed' || job.kind === 'cancelled') && job.id === jobId;
}
