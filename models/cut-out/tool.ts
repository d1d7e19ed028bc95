/** Cut out: the network's mask becomes the picture's alpha. */
import { asNumbers } from '../../app/golden';
import type { Tool } from '../tool';
import { maskToAlpha, reachBorder } from './mask';

export const tool: Tool = {
  async finish({ outputs, input: { width, height } }) {
    const output = outputs[0];
    const values = output && asNumbers(output.bytes, output.dtype);
    if (values?.length !== width * height)
      throw new Error(`Expected a mask of ${width} × ${height} but received ${values?.length ?? 0} values`);
    return {
      answer: { kind: 'alpha', width, height, bytes: reachBorder(maskToAlpha(values), width, height) },
      note: null,
    };
  },
};
