/** Opens a file, or says why not beside the drop zone. The last picture stays open until the new one is. */
import { AppError, type ErrorReport, ReportedError, toReport } from '../../app/errors';
import { getScreen, selectedModel, setScreen, useScreen } from '../store';
import { mayRemoveResult } from '../unsaved/ask';
import type { FromDecoder, ToDecoder } from './decode.worker';

/** Opens a file that was dropped, pasted or chosen. */
export async function openPicture(file: File): Promise<void> {
  if (getScreen().app.setup.kind !== 'ready') return;
  await woundDown();
  if (!(await mayRemoveResult('open'))) return;
  const { app, busy } = getScreen();
  if (app.job.kind === 'running' || busy.kind !== 'no') {
    setScreen({ pictureError: new AppError('BUSY', {}).toReport() });
    return;
  }
  setScreen({ busy: { kind: 'opening', name: file.name }, pictureError: null });
  try {
    await decode(file);
    setScreen({
      looked: null,
      saving: { kind: 'no' },
      commandError: null,
      size: { kind: 'whole' },
      view: { kind: 'fit' },
    });
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
  await openPicture(new File([new Uint8Array(sample.value.bytes)], sample.value.name));
}

/**
 * Has the worker decode a file and main take its rows, band after band; the picture is then open in main's state.
 * @throws ReportedError with why it is no picture, or has no room.
 */
async function decode(file: File): Promise<void> {
  const decoder = new Worker(new URL('./decode.worker.ts', import.meta.url), { type: 'module' });
  const ask = (message: ToDecoder) => decoder.postMessage(message);
  try {
    await new Promise<void>((resolve, reject) => {
      const fail = (error: ErrorReport) => reject(new ReportedError(error));
      let id = 0;
      const take = async (message: FromDecoder): Promise<void> => {
        if (message.kind === 'failed') return fail(message.error);
        if (message.kind === 'facts') {
          const made = await window.refit.createPicture(message.facts);
          if (!made.ok) return fail(made.error);
          id = made.value.id;
        } else if (message.kind === 'band') {
          const { y, rgb, alpha } = message;
          const sent = await window.refit.sendRows({ id, y, rgb, alpha });
          if (!sent.ok) return fail(sent.error);
        } else {
          const shown = await window.refit.showPicture({ id, transparent: message.transparent });
          return shown.ok ? resolve() : fail(shown.error);
        }
        ask({ kind: 'next' });
      };
      decoder.addEventListener('message', ({ data }: MessageEvent<FromDecoder>) => void take(data).catch(reject));
      // Mostly out of memory: the worker is gone, the window is not.
      decoder.addEventListener('error', (event) =>
        fail(new AppError('PICTURE_UNREADABLE', { name: file.name }, event.message).toReport()),
      );
      ask({ kind: 'open', file, fileName: file.name, size: file.size });
    });
  } finally {
    decoder.terminate();
  }
}
