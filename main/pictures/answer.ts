/** Applies what a `whole` tool answered to its picture: into files that can be looked at and saved. */
import { changedBy, wholeCut } from '../../app/cut';
import type { Result } from '../../app/states';
import type { Rect } from '../../app/tiles';
import type { Change, Cut, ToolAnswer } from '../../app/toolAnswer';
import type { Host } from '../hosts/host';
import type { PictureFile } from './pictureFile';
import type { Files, Shown } from './shown';

/** Whose picture it is: the window's, or an item's of the queue. */
export type Desk = Pick<Shown, 'opened' | 'makeFile' | 'discard' | 'layer'>;

export interface Answered {
  files: Files;
  told: Pick<Result, 'width' | 'height' | 'kind' | 'pixels' | 'transparent' | 'regions' | 'hides' | 'cut'>;
  /** The part of the result that differs from before. */
  changed: Rect;
  /** Gives the files back where nobody waits for them any more. */
  discard(): void;
}

/** How a person changes an answer. `result`: the one that shows it before the change; omitted where there is none yet. */
export interface Edit {
  change: Change;
  result?: Result;
}

/**
 * Applies an answer to the open picture; its own files stay as they are.
 * @param picture the open picture's id. @param host applies the answer to the pixels. @param edit of a cut-out; edited boxes that hide
 * are an answer themselves. @throws AppError PICTURE_NEEDS_ROOM, HOST_DIED, BAD_MESSAGE where another picture is open by then;
 * ReportedError RESULT_DISK_FULL.
 */
export async function applyAnswer(
  desk: Desk,
  host: Pick<Host, 'call'>,
  picture: number,
  answer: ToolAnswer,
  edit?: Edit,
): Promise<Answered> {
  const { told, layer } = desk.opened(picture);
  const { width, height } = told;
  const whole = { x: 0, y: 0, width, height };
  const cut = answer.kind === 'alpha' ? cutOf(answer, edit) : undefined;
  const region = (cut && edit?.result?.cut && changedBy(edit.result.cut, cut, told)) ?? whole;
  const made: PictureFile[] = [];
  const make = async (channels: 1 | 3): Promise<PictureFile> => {
    const file = await desk.makeFile({ width, height, channels });
    made.push(file);
    return file;
  };
  const discard = (): void => {
    for (const file of made) desk.discard(file);
  };
  const files: Files = { picture: 'original', alpha: layer.alpha && 'original' };
  try {
    if (cut) {
      files.picture = await make(3);
      if (cut.ground.kind === 'transparent') files.alpha = await make(1);
      else delete files.alpha;
    } else if (answer.kind === 'hide' && answer.boxes.length > 0) files.picture = await make(3);
    else if (answer.kind === 'picture') {
      files.picture = await make(3);
      delete files.alpha;
    }
    if (made.length > 0) {
      const picture = files.picture === 'original' ? undefined : files.picture.facts;
      const alpha = files.alpha && files.alpha !== 'original' ? files.alpha.facts : undefined;
      await host.call('apply', {
        source: layer,
        made: { ...(picture && { picture }), ...(alpha && { alpha }) },
        answer,
        ...(cut && { cut }),
        ...(edit?.result &&
          isPart(region, told) && { before: { layer: desk.layer('result', edit.result.id), region } }),
      });
    }
    // Another may be open by now; its own sizes are others.
    desk.opened(picture);
  } catch (error) {
    discard();
    // Where the picture has gone meanwhile, that is why.
    desk.opened(picture);
    throw error;
  }
  return {
    files,
    told: {
      width,
      height,
      kind: 'finished',
      pixels: answer.kind !== 'text',
      transparent: files.alpha !== undefined,
      ...(answer.kind === 'hide' && { hides: answer }),
      ...(cut && { cut }),
      ...(answer.kind === 'text' && { regions: answer.regions }),
    },
    changed: region,
    discard,
  };
}

const isPart = (region: Rect, { width, height }: { width: number; height: number }): boolean =>
  region.width < width || region.height < height;

const cutOf = (answer: Extract<ToolAnswer, { kind: 'alpha' }>, edit: Edit | undefined): Cut =>
  edit?.change.kind === 'cut' ? edit.change : { ...wholeCut, base: answer.base ?? 'found' };
