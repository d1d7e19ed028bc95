/** Runs the open picture through two versions of a tool's weights, for either side of the slider. */
import type { ModelInfo } from '../../app/contract';
import { AppError, ReportedError, toReport } from '../../app/errors';
import type { ResultNote } from '../../app/notes';
import { getScreen, setScreen } from '../store';
import { mayRemoveResult } from '../unsaved/ask';
import { answerFor } from './run';

/** Does nothing if no picture is open or something is at work. @param note says which version is on which side. */
export async function compareVersions(model: ModelInfo, versions: [left: string, right: string], note: ResultNote) {
  const { picture } = getScreen().app;
  if (!picture || !isFree() || !(await mayRemoveResult('compare'))) return;
  // The question may have stood there for long.
  if (!isFree() || getScreen().app.picture?.id !== picture.id) return;
  setScreen({ busy: { kind: 'comparing' }, commandError: null, saving: { kind: 'no' } });
  try {
    const compared = await window.refit.compareVersions({ model: model.id, versions, picture: picture.id, note });
    if (!compared.ok) throw new ReportedError(compared.error);
    const { jobId, outputs } = compared.value;
    if (!outputs) return;
    const [left, right] = await Promise.all(outputs.map((each) => answerFor(model.id, picture, each, null)));
    if (!left || !right) throw new AppError('INTERNAL', {}, 'Expected two answers to compare but received none.');
    const shown = await window.refit.showCompared({ jobId, answers: [left.answer, right.answer] });
    if (!shown.ok) throw new ReportedError(shown.error);
  } catch (error) {
    setScreen({ commandError: toReport(error) });
  } finally {
    setScreen({ busy: { kind: 'no' } });
  }
}

function isFree(): boolean {
  const { busy, app } = getScreen();
  return busy.kind === 'no' && app.job.kind !== 'running';
}
