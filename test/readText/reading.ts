/** Runs *Read text* without the app: the same networks and pixels, on the processor. For tests and measurements. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { ModelCard } from '../../app/catalog';
import type { Picture } from '../../app/tiles';
import { cut } from '../../host/pixels/cut';
import { fitted, laid } from '../../host/pixels/fit';
import { Maps } from '../../host/pixels/layers';
import { openOnnx } from '../../host/sessions/onnx';
import { PictureFile } from '../../main/pictures/pictureFile';
import { tool } from '../../models/read-text/tool';
import type { TextRegion, ToolOutput, ToolResult } from '../../models/tool';
import { devPixelsFile, loadPixels } from '../../native/pixels';

export interface Reading {
  regions: TextRegion[];
  note: ToolResult['note'];
  /** How often each network ran. */
  runs: Record<string, number>;
}

/** Opens both networks. @returns a function that reads a picture file of any kind that sharp opens. */
export async function openReader(): Promise<(picture: string | Buffer) => Promise<Reading>> {
  const pixels = loadPixels(path.resolve(devPixelsFile));
  const networks = Object.fromEntries(
    await Promise.all(
      ['read-text', 'read-text-lines'].map(async (id) => {
        const card = ModelCard.parse(JSON.parse(await readFile(`models/${id}/model.json`, 'utf8')));
        const onnx = await readFile(`models/${id}/prepared/model.onnx`);
        return [id, await openOnnx(card, onnx, 'cpu', () => pixels)] as const;
      }),
    ),
  );
  return async (picture) => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'refit-reading-'));
    const read = sharp(picture, { limitInputPixels: false });
    const { width = 1, height = 1 } = await read.metadata();
    const transparent = !(await read.stats()).isOpaque;
    const rgb = await PictureFile.create({ width, height, channels: 3 }, folder);
    await rgb.writeRows(0, await read.clone().removeAlpha().toColourspace('srgb').raw().toBuffer());
    const alpha = transparent ? await PictureFile.create({ width, height, channels: 1 }, folder) : undefined;
    await alpha?.writeRows(0, await read.clone().ensureAlpha().extractChannel(3).raw().toBuffer());
    const layer = { picture: rgb.facts, ...(alpha && { alpha: alpha.facts }) };
    const maps = new Maps(pixels);
    const runs: Record<string, number> = {};
    const run = async (id: string, { rgb: bytes }: Pick<Picture, 'rgb'>): Promise<ToolOutput[]> => {
      const network = networks[id];
      if (!network) throw new Error(`No network ${id}`);
      runs[id] = (runs[id] ?? 0) + 1;
      const tensors = await network.run(bytes);
      return network.card.outputs.map(({ name, dtype }, i) => {
        const { shape, bytes: out } = tensors[i] ?? { shape: [], bytes: new Uint8Array() };
        return { name, dtype, shape, bytes: Uint8Array.from(out) };
      });
    };
    const input = { width: 960, height: 960 };
    try {
      const { answer, note } = await tool.finish({
        picture: { width, height, transparent },
        outputs: await run('read-text', { rgb: await fitted(maps, layer, 'contain', input) }),
        fit: 'contain',
        input,
        cut: (rectangle, w, h) => cut(maps, layer, rectangle, w, h),
        look: async (region, seen) => ({ ...input, rgb: await laid(maps, layer, region, seen, input) }),
        run: async (id, pictures) => {
          const outputs: ToolOutput[][] = [];
          for (const each of pictures) outputs.push(await run(id, each));
          return outputs;
        },
      });
      return { regions: answer.kind === 'text' ? answer.regions : [], note, runs };
    } finally {
      await rgb.close();
      await alpha?.close();
      await rm(folder, { recursive: true, force: true });
    }
  };
}
