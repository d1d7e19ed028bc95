/**
 * Session.runTiles on the shipped engines: the same bits as tile by tile, and the share of the GPU's own speed that it reaches with pictures
 * in memory (printed; no clock is asserted).
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { coreOf, cropImage, cutTile, type Picture, planTiles } from '../../app/tiles';
import { openRig } from '../../factory/engines/rig';
import type { PictureFacts } from '../../native/pixels';
import { readEngine, readOnnx } from '../../storage/verify';

const { rig, subjects } = await openRig();
const headerBytes = 64;
const folder = mkdtempSync(path.join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'refit-tiles-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const chosen = subjects.filter(({ card }) => ['fast-x4', 'photo-x4'].includes(card.id));

describe.each(
  chosen.map((subject) => [`${subject.entry.model} ${subject.profile.id} ${subject.entry.target}`, subject] as const),
)('%s', (name, { card, profile, entry }) => {
  if (card.flow.kind !== 'tiles') throw new Error(`${card.id} is no tool of tiles`);
  const { overlap, scale } = card.flow;

  async function openSession() {
    const engine = await readEngine(rig.paths.engine(entry), entry);
    const onnx = await readOnnx(rig.paths.prepared(card.id, 'model.onnx'), card);
    const { plan } = await rig.binding.refit(engine, onnx, { device: rig.gpu.index });
    return rig.binding.openSession(plan, { cudaGraph: card.cudaGraph, device: rig.gpu.index });
  }

  async function makeFile(file: string, width: number, height: number, rgb?: Uint8Array): Promise<PictureFacts> {
    const facts = { file: path.join(folder, file), width, height, channels: 3 } as const;
    const handle = await open(facts.file, 'w');
    await handle.truncate(headerBytes + width * height * 3);
    if (rgb) await handle.write(rgb, 0, rgb.length, headerBytes);
    await handle.close();
    return facts;
  }

  async function makeJob(width: number, height: number) {
    const sample = await readFile(rig.paths.prepared(card.id, `${profile.id}.pixels.bin`));
    const rgb = Uint8Array.from({ length: width * height * 3 }, (_, i) => sample[i % sample.length] as number);
    const picture: Picture = { width, height, rgb };
    const places = planTiles(width, height, profile.width, profile.height, overlap);
    const tiles = Uint32Array.from(
      places.flatMap((tile) => {
        const { crop, rect } = coreOf(tile, scale);
        return [tile.x, tile.y, crop.x, crop.y, crop.width, crop.height, rect.x, rect.y];
      }),
    );
    const source = await makeFile('source', width, height, rgb);
    return { picture, places, tiles, source, makeResult: () => makeFile('result', width * scale, height * scale) };
  }

  test('gives what single runs give, bit for bit', async () => {
    const session = await openSession();
    const { width, height } = profile;
    const { picture, places, tiles, source, makeResult } = await makeJob(width * 2 + 5, height + 9);
    const result = await makeResult();
    expect(await session.runTiles(source, result, tiles, () => {})).toBe('done');
    const found = (await readFile(result.file)).subarray(headerBytes);
    const input = new Uint8Array(width * height * 3);
    const output = new Uint8Array(width * height * scale * scale * 3);
    for (const tile of places) {
      cutTile(picture, tile, width, height, input);
      await session.run([input], [output]);
      const { crop, rect } = coreOf(tile, scale);
      const [core, there] = [
        new Uint8Array(rect.width * rect.height * 3),
        new Uint8Array(rect.width * rect.height * 3),
      ];
      cropImage(output, width * scale, crop, core);
      cropImage(found, result.width, rect, there);
      expect(Buffer.compare(there, core)).toBe(0);
    }
    await session.close();
  });

  test('prints its speed beside that of the bare loop', async () => {
    const session = await openSession();
    const { tilesPerSecond: bare } = await session.measure(50);
    // 12 megapixels, results in memory that nobody has touched.
    const { tiles, source, makeResult } = await makeJob(4000, 3000);
    const count = tiles.length / 8;
    for (let round = 0; round < 3; round++) {
      rmSync(path.join(folder, 'result'), { force: true });
      const result = await makeResult();
      const start = performance.now();
      let firstMs = 0;
      const end = await session.runTiles(source, result, tiles, () => {
        firstMs ||= performance.now() - start;
      });
      const perSecond = (count * 1000) / (performance.now() - start);
      expect(end).toBe('done');
      console.log(
        `${name}: ${perSecond.toFixed(1)} tiles/s of ${bare.toFixed(1)} in the bare loop, ${(perSecond / bare).toFixed(2)}; ` +
          `first told after ${firstMs.toFixed(1)} ms of ${count} tiles`,
      );
    }
    await session.close();
  });
});
