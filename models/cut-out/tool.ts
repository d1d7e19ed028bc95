/** Cut out: the network's mask becomes the picture's alpha. */
import { asNumbers } from '../../app/golden';
import { makeCanvas, type Tool } from '../tool';
import { maskToAlpha } from './mask';

export const tool: Tool = {
  async finish({ original, outputs, input }) {
    const output = outputs[0];
    const values = output && asNumbers(output.bytes, output.dtype);
    if (values?.length !== input.width * input.height)
      throw new Error(`Expected a mask of ${input.width} × ${input.height} but received ${values?.length ?? 0} values`);

    const mask = makeCanvas(input.width, input.height);
    mask.context.putImageData(new ImageData(maskToAlpha(values), input.width, input.height), 0, 0);

    const { canvas, context } = makeCanvas(original.width, original.height);
    context.drawImage(original, 0, 0);
    context.globalCompositeOperation = 'destination-in';
    context.drawImage(mask.canvas, 0, 0, original.width, original.height);
    return { canvas, note: '' };
  },
};
