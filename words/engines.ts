/** Why a GPU gets an engine, or does not: words for what app/select.ts decides. */
import type { ModelCard, Target } from '../app/catalog';
import { AppError } from '../app/errors';
import type { Gpu } from '../app/machine';
import type { Refusal } from '../app/select';
import { wordsOf } from './errors';
import { runtimeName } from './numbers';

const families: Record<Target, string> = {
  turing: 'Turing cards',
  ampere: 'Ampere cards',
  ada: 'Ada cards',
  portable: 'cards since Ampere',
};
const generations: Record<Exclude<Target, 'portable'>, string> = { turing: 'Turing', ampere: 'Ampere', ada: 'Ada' };

/** @param gpu its name. */
export const whyChosen = (target: Target, gpu: string): string =>
  target === 'portable'
    ? `Made for every NVIDIA card since Ampere, ${gpu} among them.`
    : `Made for ${generations[target]}, the generation of ${gpu}.`;

/** @param gpu that does not get the engine. @param card of the engine's model. */
export function whyRefused({ entry, reason }: Refusal, gpu: Pick<Gpu, 'name' | 'vramBytes'>, card: ModelCard): string {
  switch (reason.kind) {
    case 'unserved':
      return `Made for ${runtimeName(entry.runtime)}, which does not run on ${gpu.name}.`;
    case 'runtime':
      return `Made for ${entry.runtime}; ${reason.have} is here.`;
    case 'onnx':
      return 'Its engines were built from another ONNX file.';
    case 'profile':
      return `${card.name} has no profile ${entry.profile}.`;
    case 'gpu':
      return `Made for ${families[entry.target]}; ${gpu.name} is none of them.`;
    case 'memory': {
      const { needBytes } = reason;
      return wordsOf(new AppError('GPU_TOO_SMALL', { gpu: gpu.name, haveBytes: gpu.vramBytes, needBytes })).message;
    }
    case 'worse':
      return 'A better profile fits this card.';
  }
}
