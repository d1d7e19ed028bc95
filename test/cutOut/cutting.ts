/** Runs *Cut out* without the app: the same network and pixels, on the processor. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { ModelCard } from '../../app/catalog';
import { cut } from '../../host/pixels/cut';
import { fitted, laid } from '../../host/pixels/fit';
import { Maps } from '../../host/pixels/layers';
import { openOnnx } from '../../host/sessions/onnx';
import { PictureFile } from '../../main/pictures/pictureFile';
import { tool } from '../../models/cut-out/tool';
import type { ToolOutput, ToolResult } from '../../models/tool';
import { devPixelsFile, loadPixels } from '../../native/pixels';
import type { Picture } from '../e2e/pictures';

/** Opens the network. @returns a function that gives the tool's answer to a picture, whose alpha it ignores. */
export async function openCutter(): Promise<(picture: Picture) => Promise<ToolResult>> {
  const pixels = loadPixels(path.resolve(devPixelsFile));
  const card = ModelCard.parse(JSON.parse(await readFile('models/cut-out/model.json', 'utf8')));
  const network = await openOnnx(card, await readFile('models/cut-out/prepared/model.onnx'), 'cpu', () => pixels);
  const run = async (rgb: Uint8Array): Promise<ToolOutput[]> => {
    const tensors = await network.run(rgb);
    return card.outputs.map(({ name, dtype }, i) => {
      const { shape, bytes } = tensors[i] ?? { shape: [], bytes: new Uint8Array() };
      return { name, dtype, shape, bytes: Uint8Array.from(bytes) };
    });
  };
  return async ({ width, height, data }) => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'refit-cutting-'));
    const file = await PictureFile.create({ width, height, channels: 3 }, folder);
    try {
      await file.writeRows(
        0,
        Uint8Array.from({ length: width * height * 3 }, (_, i) => data[i + Math.floor(i / 3)] ?? 0),
      );
      const [maps, layer, input] = [new Maps(pixels), { picture: file.facts }, { width: 320, height: 320 }];
      return await tool.finish({
        picture: { width, height, transparent: false },
        outputs: await run(await fitted(maps, layer, 'stretch', input)),
        fit: 'stretch',
        input,
        cut: (rectangle, w, h) => cut(maps, layer, rectangle, w, h),
        look: async (region, seen) => ({ ...input, rgb: await laid(maps, layer, region, seen, input) }),
        run: async (_, pictures) => {
          const outputs: ToolOutput[][] = [];
          for (const { rgb } of pictures) outputs.push(await run(rgb));
          return outputs;
        },
      });
    } finally {
      await file.close();
      await rm(folder, { recursive: true, force: true });
    }
  };
}
