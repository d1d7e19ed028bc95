/** Gives a network's outputs the names on its card. Pure. */
import type { ModelCard } from '../../app/catalog';
import type { OutputsEvent } from '../../app/contract';
import type { Tensor } from './session';

/** @param tensors in the card's order. @returns those that the tool's code is given. */
export const outputsOf = ({ outputs }: ModelCard, tensors: readonly Tensor[]): OutputsEvent['outputs'] =>
  outputs.flatMap(({ name, dtype, checkOnly }, i) => {
    const { shape, bytes } = tensors[i] ?? { shape: [], bytes: new Uint8Array() };
    return checkOnly ? [] : [{ name, dtype, shape, bytes }];
  });
