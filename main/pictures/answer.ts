/** What a `whole` tool answered becomes files that can be looked at and saved. */
import type { Result } from '../../app/states';
import type { ToolAnswer } from '../../app/toolAnswer';
import type { Host } from '../hosts/host';
import type { PictureFile } from './pictureFile';
import type { Files, Shown } from './shown';

export interface Answered {
  files: Files;
  told: Pick<Result, 'width' | 'height' | 'kind' | 'pixels' | 'transparent' | 'regions' | 'hides'>;
  /** Where nobody waits for it any more. */
  discard(): void;
}

/**
 * @param picture the open picture's id. @param host does what is answered.
 * @throws AppError PICTURE_NEEDS_ROOM, HOST_DIED, BAD_MESSAGE where another picture is open by then, ReportedError RESULT_DISK_FULL.
 */
export async function applyAnswer(
  shown: Shown,
  host: Pick<Host, 'call'>,
  picture: number,
  answer: ToolAnswer,
): Promise<Answered> {
  const { told, layer } = shown.opened(picture);
  const { width, height } = told;
  const made: PictureFile[] = [];
  const make = async (channels: 1 | 3): Promise<PictureFile> => {
    const file = await shown.makeFile({ width, height, channels });
    made.push(file);
    return file;
  };
  const discard = (): void => {
    for (const file of made) shown.discard(file);
  };
  const files: Files = { picture: 'original', alpha: layer.alpha && 'original' };
  try {
    if (answer.kind === 'alpha') files.alpha = await make(1);
    else if (answer.kind === 'hide' && answer.boxes.length > 0) files.picture = await make(3);
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
      });
    }
    // Another may be open by now; its own sizes are others.
    shown.opened(picture);
  } catch (error) {
    discard();
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
      ...(answer.kind === 'text' && { regions: answer.regions }),
    },
    discard,
  };
}
