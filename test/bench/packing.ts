/**
 * What saving costs, by how bytes are packed: `tsx test/bench/packing.ts [picture…]`. Without pictures: the models' samples, and four
 * times as large by fast-x4. One core, the least of three runs.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { constants, deflateRawSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { writePicture } from '../../host/pixels/pixels.fixture';
import { devPixelsFile, loadPixels } from '../../native/pixels';
import { upscaleUntiled } from '../e2e/untiled';

const root = path.resolve(import.meta.dirname, '..', '..');
const pixels = loadPixels(path.join(root, devPixelsFile));
const prepared = (model: string, file: string) => path.join(root, 'models', model, 'prepared', file);
const samples = [
  prepared('blur-faces', 'astronaut.png'),
  prepared('cut-out', 'coffee.png'),
  prepared('drawing-x4', 'drawing.png'),
  prepared('read-text', 'page.png'),
];
const deflates = {
  runs: { level: 3, strategy: constants.Z_RLE },
  matches: { level: 3 },
  'matches, level 1': { level: 1 },
  'matches, level 6': { level: 6 },
};

sharp.concurrency(1);
sharp.cache(false);
const folder = await mkdtemp(path.join(os.tmpdir(), 'refit-packing-'));
console.log('| picture | packed | bytes | processor ms |\n|---|---|---:|---:|');
try {
  for (const file of process.argv.length > 2 ? process.argv.slice(2) : samples) {
    const name = path.basename(file);
    await measure(name, sharp(file));
    if (process.argv.length > 2) continue;
    const { data, info } = await sharp(file).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
    const large = await upscaleUntiled('fast-x4', { width: info.width, height: info.height, data });
    await measure(`${name} ×4`, sharp(large.data, { raw: { width: large.width, height: large.height, channels: 4 } }));
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function measure(name: string, picture: Sharp): Promise<void> {
  const { data, info } = await picture.removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const row = (packed: string, bytes: number, ms: number) =>
    console.log(`| ${name}, ${width} × ${height} | ${packed} | ${bytes} | ${ms.toFixed(0)} |`);
  const mapped = pixels.openPicture(
    { ...(await writePicture(path.join(folder, 'picture'), width, height, data)), channels: 3 },
    'read',
  );
  const filtered = await timed(async () => pixels.pngRows(mapped, null, 0, height));
  mapped.close();
  row('PNG, filtered only', filtered.value.length, filtered.ms);
  for (const [search, options] of Object.entries(deflates)) {
    const chunkSize = Math.max(1024, filtered.value.length >> 1);
    const { value, ms } = await timed(async () =>
      deflateRawSync(filtered.value, { ...options, memLevel: 9, chunkSize }),
    );
    row(`PNG, ${search}`, value.length, ms);
  }
  for (const optimiseCoding of [false, true]) {
    const { value, ms } = await timed(() =>
      sharp(data, { raw: { width, height, channels: 3 } })
        .jpeg({ quality: 90, chromaSubsampling: '4:4:4', optimiseCoding })
        .toBuffer(),
    );
    row(`JPEG, ${optimiseCoding ? 'codes of its own' : 'the usual codes'}`, value.length, ms);
  }
}

async function timed<T>(work: () => Promise<T>): Promise<{ value: T; ms: number }> {
  const once = async () => {
    const before = process.cpuUsage();
    const value = await work();
    const { user, system } = process.cpuUsage(before);
    return { value, ms: (user + system) / 1000 };
  };
  const runs = [await once(), await once(), await once()] as const;
  return { value: runs[0].value, ms: Math.min(...runs.map(({ ms }) => ms)) };
}
