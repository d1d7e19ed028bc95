/** The open picture through two versions of a tool's weights, one on either side of the slider. */
import type { ModelInfo, VersionOutputs } from '../../app/contract';
import { AppError, ReportedError, toReport } from '../../app/errors';
import { makeCanvas, type ToolOutput } from '../../models/tool';
import { rgbaToRgb, rgbToRgba } from '../picture/pixels';
import { isTransparent } from '../picture/transparency';
import { getScreen, type Picture, setScreen } from '../store';
import { pixelsFor, takeAlpha } from './input';
import { toolFor } from './tools';

/** @param note which version is on which side. Does nothing where no picture is open or something is at work. */
export async function compareVersions(model: ModelInfo, versions: [left: string, right: string], note: string) {
  const { picture, busy, app } = getScreen();
  if (!picture || busy.kind !== 'no' || app.job.kind === 'running') return;
  setScreen({ busy: { kind: 'comparing' }, commandError: null, saving: { kind: 'no' } });
  try {
    const { width, height, data } = pixelsFor(picture, model);
    const answer = await window.refit.compareVersions({
      model: model.id,
      versions,
      width,
      height,
      rgb: rgbaToRgb(data),
    });
    if (!answer.ok) throw new ReportedError(answer.error);
    const [left, right] = await Promise.all(answer.value.map((outputs) => pictureOf(model, picture, outputs)));
    if (!left || !right) throw new AppError('INTERNAL', {}, 'Expected two pictures to compare but received none.');
    setScreen({ result: { model: model.id, ...right, before: left.canvas, kind: 'finished', note } });
  } catch (error) {
    setScreen({ commandError: toReport(error) });
  } finally {
    setScreen({ busy: { kind: 'no' } });
  }
}

async function pictureOf(model: ModelInfo, picture: Picture, outputs: VersionOutputs) {
  const { canvas: original } = picture;
  if (model.flow.kind === 'whole') {
    const typed = outputs.map(({ name, shape, bytes }): ToolOutput => {
      const { dtype } = model.outputs.find((output) => output.name === name) ?? { dtype: 'uint8' };
      return { name, dtype, shape, bytes };
    });
    // A tool with parts is not offered to be compared.
    const run = () => Promise.reject(new AppError('INTERNAL', {}, 'Expected a tool without parts.'));
    const { canvas } = await toolFor(model.id).finish({
      original,
      outputs: typed,
      fit: model.flow.fit,
      input: model.profile,
      run,
    });
    const shown = canvas ?? original;
    return { canvas: shown, transparent: isTransparent(shown) };
  }
  const [output] = outputs;
  const [, height = 0, width = 0] = output?.shape ?? [];
  const { canvas, context } = makeCanvas(width, height);
  context.putImageData(new ImageData(rgbToRgba(output?.bytes ?? new Uint8Array()), width, height), 0, 0);
  const transparent = isTransparent(picture.canvas);
  if (transparent) takeAlpha(context, picture);
  return { canvas, transparent };
}
