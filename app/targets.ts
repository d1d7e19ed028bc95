/** Which GPUs engines are made for. Pure. */
import type { Target } from './catalog';
import type { ComputeCapability } from './machine';

/**
 * Targets that serve a compute capability, best first. TensorRT-RTX 1.6's own list is 7.5, 8.0, 8.6, 8.9, 12.0 and 12.1.
 * - Turing (7.5) has its own engine; the portable one does not cover it. GTX 16 cards are 7.5 too: they lack tensor cores and are
 *   slower, but run the same code.
 * - The portable engine names 8.0, 8.6, 8.9 and 12.0 and is compiled on the user's machine, so every newer GPU gets it too. It was
 *   seen working on 9.0, and not yet tried on 10.x or after 12.0. If such a GPU refuses it, the header check or the golden check
 *   says so before a picture is made.
 * - Jetson chips are out: no TensorRT-RTX lists them, and code for desktop GPUs of the same generation does not run there.
 */
export function targetsFor(capability: ComputeCapability): Target[] {
  const number = sm(capability);
  if (number === turing) return ['turing'];
  if (number < 80 || jetson.includes(number)) return [];
  if (number === 86) return ['ampere', 'portable'];
  if (number === 89) return ['ada', 'portable'];
  return ['portable'];
}

export const turing = 75;
/** Orin, and Thor by its two numbers (CUDA 12 and 13). */
const jetson = [87, 101, 110];

/** The SM number, as NVIDIA writes it: 8.9 is 89. */
export const sm = ({ major, minor }: ComputeCapability): number => major * 10 + minor;
