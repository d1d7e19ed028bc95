/** Result → file, through main, which asks where to. */
import { AppError, type ErrorReport } from '../../app/errors';
import { makeCanvas } from '../../models/tool';
import { getScreen, selectedModel, setScreen, shownResult } from '../store';
import { type Format, suggestName } from './name';

/** The format's own limit. Past it Chromium answers with a PNG or, by one pixel, with a picture that lacks that pixel. */
const maxWebpSide = 16_383;

/** Near-lossless to the eye; the formats' own scale, 0 to 1. */
const quality = 0.93;

/** Encodes the finished result and has it saved; says how that went in `saving`. */
export async function saveResult(): Promise<void> {
  const screen = getScreen();
  const model = selectedModel(screen);
  const result = shownResult(screen);
  const { picture, format, saving } = screen;
  if (!model || !picture || result?.kind !== 'finished' || !result.canvas || saving.kind === 'saving') return;
  const suggestedName = suggestName(picture.name, model, format);
  const fail = (error: ErrorReport) => setScreen({ saving: { kind: 'failed', error } });
  setScreen({ saving: { kind: 'saving' } });
  const blob = await encode(result.canvas, format, result.transparent);
  if (!blob) {
    const { width, height } = result.canvas;
    const fault =
      format === 'webp' && Math.max(width, height) > maxWebpSide
        ? new AppError('FORMAT_TOO_SMALL', { format: 'WebP' }, `${width} × ${height}, ${maxWebpSide} at most`)
        : new AppError('SAVE_FAILED', { file: suggestedName }, `No ${format} encoder for ${width} × ${height}.`);
    fail(fault.toReport());
    return;
  }
  await saveBytes(suggestedName, format, new Uint8Array(await blob.arrayBuffer()));
}

/** Has a finished file saved; says how that went in `saving`. */
export async function saveBytes(suggestedName: string, format: Format | 'txt', bytes: Uint8Array): Promise<void> {
  const fail = (error: ErrorReport) => setScreen({ saving: { kind: 'failed', error } });
  setScreen({ saving: { kind: 'saving' } });
  const saved = await window.refit.save({ suggestedName, format, bytes });
  if (!saved.ok) fail(saved.error);
  else if (saved.value.kind === 'cancelled') setScreen({ saving: { kind: 'no' } });
  else setScreen({ saving: { kind: 'saved', name: saved.value.name, folder: saved.value.folder } });
}

/** @returns null where the format cannot hold the picture, or Chromium cannot make it. */
async function encode(canvas: HTMLCanvasElement, format: Format, transparent: boolean): Promise<Blob | null> {
  if (format === 'webp' && Math.max(canvas.width, canvas.height) > maxWebpSide) return null;
  const type = `image/${format}`;
  const source = format === 'jpeg' && transparent ? onWhite(canvas) : canvas;
  const blob = await new Promise<Blob | null>((resolve) => source.toBlob(resolve, type, quality));
  return blob?.type === type ? blob : null;
}

/** JPEG has no alpha, and Chromium would put black behind. */
function onWhite(canvas: HTMLCanvasElement): HTMLCanvasElement {
  const white = makeCanvas(canvas.width, canvas.height);
  white.context.fillStyle = 'white';
  white.context.fillRect(0, 0, canvas.width, canvas.height);
  white.context.drawImage(canvas, 0, 0);
  return white.canvas;
}
