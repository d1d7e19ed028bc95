/** Opens a file, or says why not beside the drop zone. The last picture stays open until the new one is. */
import type { Outcome } from '../../app/contract';
import { AppError, ReportedError, toReport } from '../../app/errors';
import { getScreen, selectedModel, setScreen, showOpened, useScreen } from '../store';
import { mayRemoveResult } from '../unsaved/ask';
import { decode } from './decode';

/** Opens a file that was dropped, pasted or chosen. */
export const openPicture = (file: File): Promise<void> =>
  openAs(file.name, async () => {
    await take(file);
    // Main leaves out what lies in no file.
    void window.refit.addRecent();
  });

/** Opens the picture that the app was given from outside its window, if one waits. */
export async function openGiven(): Promise<void> {
  if (getScreen().app.setup.kind !== 'ready') return;
  const given = await window.refit.takeGiven();
  if (!given.ok || !given.value) return;
  await openAs(given.value.name, async () => void accepted(await window.refit.openGiven()));
}

/** @param open has main show it. What goes wrong is shown. */
async function openAs(name: string, open: () => Promise<void>): Promise<void> {
  if (getScreen().app.setup.kind !== 'ready') return;
  await woundDown();
  if (!(await mayRemoveResult('open'))) return;
  const { app, busy } = getScreen();
  if (app.job.kind === 'running' || busy.kind !== 'no') {
    setScreen({ pictureError: new AppError('BUSY', {}).toReport() });
    return;
  }
  setScreen({ busy: { kind: 'opening', name }, pictureError: null });
  try {
    await open();
    showOpened();
  } catch (error) {
    setScreen({ pictureError: toReport(error) });
  } finally {
    setScreen({ busy: { kind: 'no' } });
  }
}

/** A stopped job is still at its last network run for a moment, which is no reason to refuse a picture. */
function woundDown(): Promise<void> {
  const winding = (): boolean => getScreen().busy.kind === 'finishing' && getScreen().app.job.kind === 'cancelled';
  if (!winding()) return Promise.resolve();
  return new Promise((resolve) => {
    const stop = useScreen.subscribe(() => {
      if (winding()) return;
      stop();
      resolve();
    });
  });
}

/** Opens the chosen tool's own sample. */
export async function openSample(): Promise<void> {
  const model = selectedModel(getScreen());
  if (!model) return;
  const sample = await window.refit.sample(model.id);
  if (!sample.ok) {
    setScreen({ pictureError: sample.error });
    return;
  }
  const { name, bytes } = sample.value;
  await openAs(name, () => take(new File([new Uint8Array(bytes)], name)));
}

/** Decodes a file, and has main take it; the picture is then open in main's state. @throws ReportedError: no picture, or no room. */
async function take(file: File): Promise<void> {
  let id = 0;
  const { transparent } = await decode(file, {
    facts: async (facts) => {
      id = accepted(await window.refit.createPicture(facts)).id;
    },
    rows: async (rows) => {
      accepted(await window.refit.sendRows({ id, ...rows }));
    },
  });
  accepted(await window.refit.showPicture({ id, transparent }));
}

/** @throws ReportedError. */
function accepted<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new ReportedError(outcome.error);
  return outcome.value;
}
