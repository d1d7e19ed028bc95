/** Runs the open picture through two versions of a tool's weights, so that the slider shows one on either side. */
import type { ModelCard } from '../../app/catalog';
import type { Arguments, Results } from '../../app/contract';
import { AppError } from '../../app/errors';
import type { ResultNote } from '../../app/notes';
import { scaleOf } from '../../app/pictureLimits';
import type { Host } from '../hosts/host';
import { applyAnswer } from '../pictures/answer';
import type { Shown } from '../pictures/shown';
import type { Weights } from '../weights/weights';

export interface Comparisons {
  /** @throws what Weights.compare throws; AppError PICTURE_NEEDS_ROOM. */
  compare(asked: Arguments<'weights:compare'>): Promise<Results['weights:compare']>;
  /** Shows the two answers that the tool's own code made of the two versions' outputs. @throws AppError BAD_MESSAGE. */
  show(compared: Arguments<'weights:compared'>): Promise<void>;
}

export function createComparisons(
  weights: Pick<Weights, 'compare'>,
  shown: Shown,
  pictureHost: Pick<Host, 'call'>,
  cards: ModelCard[],
): Comparisons {
  /** Results of comparisons and of jobs share one space of ids; these begin above every job's. */
  let lastId = 2 ** 40;
  let waiting: { id: number; model: string; picture: number; note: ResultNote } | undefined;
  return {
    async compare({ model, versions, picture, note }) {
      const card = cards.find(({ id }) => id === model);
      if (!card) throw new AppError('MODEL_MISSING', { model });
      const { told, layer } = shown.opened(picture);
      const id = ++lastId;
      const scale = scaleOf(card);
      const [width, height] = [told.width * scale, told.height * scale];
      if (card.flow.kind === 'whole') {
        const outputs = await weights.compare(model, versions, { picture: layer, results: null });
        waiting = { id, model, picture, note };
        return { jobId: id, outputs };
      }
      const left = await shown.makeFile({ width, height, channels: 3 });
      const right = await shown.makeFile({ width, height, channels: 3 }).catch((error: unknown) => {
        shown.discard(left);
        throw error;
      });
      try {
        await weights.compare(model, versions, { picture: layer, results: [left.facts, right.facts] });
        // The person may have opened another picture meanwhile.
        shown.opened(picture);
      } catch (error) {
        shown.discard(left);
        shown.discard(right);
        throw error;
      }
      const alpha = layer.alpha && ('original' as const);
      const { transparent } = told;
      shown.show(
        { id, model, width, height, kind: 'finished', pixels: true, transparent, note, compared: true },
        { picture: right, alpha },
        { picture: left, alpha },
      );
      return { jobId: id, outputs: null };
    },
    async show({ jobId, answers }) {
      const asked = waiting;
      waiting = undefined;
      if (asked?.id !== jobId)
        throw new AppError('BAD_MESSAGE', { channel: 'weights:compared' }, `comparison ${jobId}`);
      const left = await applyAnswer(shown, pictureHost, asked.picture, answers[0]);
      const right = await applyAnswer(shown, pictureHost, asked.picture, answers[1]).catch((error: unknown) => {
        left.discard();
        throw error;
      });
      shown.show(
        { id: jobId, model: asked.model, ...right.told, note: asked.note, compared: true },
        right.files,
        left.files,
      );
    },
  };
}
