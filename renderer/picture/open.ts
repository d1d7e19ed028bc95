/** File → picture on the screen, or the reason why not beside the drop zone. What was open stays until the new one is. */
import { maxOutputSide } from '../../app/contract';
import { AppError, toReport } from '../../app/errors';
import { readHeader, sniff, sniffBytes } from '../../app/pictureHeader';
import { maxFileBytes, maxInputSide } from '../../app/pictureLimits';
import { isWhole } from '../../app/pictureWhole';
import { makeCanvas } from '../../models/tool';
import { getScreen, type Picture, selectedModel, setScreen, useScreen } from '../store';

/** Opens a file that was dropped, pasted or chosen. */
export async function openPicture(file: File): Promise<void> {
  if (getScreen().app.setup.kind !== 'ready') return;
  await woundDown();
  const { app, busy } = getScreen();
  if (app.job.kind === 'running' || busy.kind !== 'no') {
    setScreen({ pictureError: new AppError('BUSY', {}).toReport() });
    return;
  }
  setScreen({ busy: { kind: 'opening', name: file.name }, pictureError: null });
  try {
    const picture = await decode(file);
    setScreen({
      picture,
      earlierJob: app.job.kind === 'idle' ? 0 : app.job.id,
      result: null,
      saving: { kind: 'no' },
      commandError: null,
      view: { kind: 'fit' },
    });
  } catch (error) {
    setScreen({ pictureError: toReport(error) });
  } finally {
    setScreen({ busy: { kind: 'no' } });
  }
}

/** A job that was stopped is still at its last network run for a moment: no reason to turn a picture away. */
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

async function decode(file: File): Promise<Picture> {
  const { name } = file;
  if (file.size === 0) throw new AppError('PICTURE_EMPTY', { name });
  // Chromium reads a larger one no further than some size of its own, and says then that the file is not readable.
  if (file.size > maxFileBytes)
    throw new AppError('PICTURE_FILE_TOO_LARGE', { name, bytes: file.size, maxBytes: maxFileBytes });
  if (!sniff(await read(file.slice(0, sniffBytes), name))) throw new AppError('PICTURE_UNREADABLE', { name });
  const bytes = await read(file, name);
  const header = readHeader(bytes);
  if (!header) throw new AppError('PICTURE_UNREADABLE', { name });
  const { width, height, type } = header;
  if (Math.max(width, height) > maxOutputSide)
    throw new AppError('PICTURE_TOO_LARGE', { width, height, maxSide: maxInputSide(selectedModel(getScreen())) });
  if (!isWhole(type, bytes))
    throw new AppError('PICTURE_UNREADABLE', { name }, 'The file ends before the picture does.');

  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: 'from-image', colorSpaceConversion: 'default' });
  } catch (error) {
    throw new AppError('PICTURE_UNREADABLE', { name }, String(error));
  }
  // Read back once a start; `willReadFrequently` keeps the pixels where that costs nothing.
  const { canvas, context } = makeCanvas(bitmap.width, bitmap.height, { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return { name, width: canvas.width, height: canvas.height, canvas };
}

async function read(file: Blob, name: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch (error) {
    throw new AppError('PICTURE_NOT_OPENED', { name }, String(error));
  }
}
