/** The app without its window: its engine hosts are real processes with a made-up GPU (fakeAddon.fixture.cjs). */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import type { Catalog, ModelCard } from '../../app/catalog';
import type { Picture } from '../../app/tiles';
import { spawnNodeHost } from '../../factory/engines/nodeHost';
import { limitsMs, Watchdog } from '../../host/watchdog';
import { exampleCard, exampleEntry } from '../../main/example.fixture';
import { type Paths, paths } from '../../main/paths';
import type { Shipped } from '../../main/setup/shipped';
import { sha256 } from '../../storage/verify';
import { expectedPixels, tinyOnnx } from '../tinyOnnx';
import { faultList } from './faultList.fixture';
import { windowlessApp } from './windowless.fixture';

const network = { factor: 2, offset: 0 };
const sides = [64, 32];

interface FakeShipment {
  shipped: Shipped;
  paths: Paths;
}

/**
 * One tool in tiles of 64 or 32, as it would ship.
 * @param folder an empty one to fill; with `laid`, one that was filled before, which is then only described.
 */
async function fakeShipment(folder: string, laid = false): Promise<FakeShipment> {
  const onnx = tinyOnnx(network);
  const where: Paths = { ...paths(folder, true), addon: () => path.join(import.meta.dirname, 'fakeAddon.fixture.cjs') };
  const card: ModelCard = exampleCard('photo', {
    onnx: { bytes: onnx.byteLength, sha256: sha256(onnx), precision: 'float16' },
    flow: { kind: 'tiles', scale: 1, overlap: 4, cpuTile: 48 },
    outputs: [{ name: 'changed', dtype: 'uint8', maxAbsError: 0 }],
    profiles: sides.map((side) => ({ id: `tile${side}`, width: side, height: side, vramBytes: 1000 })),
  });
  const write = async (file: string, bytes: Uint8Array | string): Promise<void> => {
    if (laid) return;
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, bytes);
  };
  await write(where.prepared('photo', 'model.onnx'), onnx);
  const engines: Catalog['engines'] = [];
  const profiles: Record<string, unknown> = {};
  for (const side of sides) {
    const engine = Buffer.from(`engine tile${side}`);
    const entry = {
      ...exampleEntry('photo'),
      profile: `tile${side}`,
      onnxSha256: sha256(onnx),
      engineSha256: sha256(engine),
      strippedBytes: engine.byteLength,
    };
    engines.push(entry);
    await write(where.engine(entry), brotliCompressSync(engine));
    const input = Uint8Array.from({ length: side * side * 3 }, (_, i) => (i * 2) % 120);
    const reference = expectedPixels(input, network);
    const file = (name: string) => `${name}${side}.bin`;
    await write(where.prepared('photo', file('in')), input);
    await write(where.prepared('photo', file('out')), reference);
    profiles[`tile${side}`] = {
      input: { file: file('in'), sha256: sha256(input) },
      outputs: [
        {
          name: 'changed',
          dtype: 'uint8',
          elements: reference.byteLength,
          stride: 1,
          file: file('out'),
          sha256: sha256(reference),
        },
      ],
    };
  }
  const manifest = { version: 1, onnxSha256: card.onnx.sha256, profiles };
  await write(where.prepared('photo', 'golden.json'), JSON.stringify(manifest));
  return { shipped: { cards: [card], catalog: { version: 1, engines }, notices: [] }, paths: where };
}

export const picture: Picture = {
  width: 300,
  height: 200,
  rgb: Uint8Array.from({ length: 300 * 200 * 3 }, (_, i) => ((i * 31) % 64) * 2),
};
export const expected = expectedPixels(picture.rgb, network);

/**
 * The app over a folder: what ships, its cache, its faults.
 * @param hostFile as `buildEntry('host/index')` made it. @param patienceMs of the watchdog, for every call and for silence.
 * @param laid as in `fakeShipment`; in `<folder>/app`. @param addon which fails in another way, and what it needs to know.
 * @param cacheDir `<folder>/engines` where omitted.
 */
export async function fakeApp(
  folder: string,
  hostFile: string,
  {
    patienceMs = 60_000,
    laid = false,
    addon,
    cacheDir = path.join(folder, 'engines'),
  }: {
    patienceMs?: number;
    laid?: boolean;
    addon?: { file: string; env: NodeJS.ProcessEnv };
    cacheDir?: string;
  } = {},
) {
  const { shipped, paths } = await fakeShipment(path.join(folder, 'app'), laid);
  const faults = await faultList(path.join(folder, 'fake'));
  const limits = Object.fromEntries(Object.keys(limitsMs).map((call) => [call, patienceMs])) as typeof limitsMs;
  const app = windowlessApp({
    shipped,
    paths: addon ? { ...paths, addon: () => addon.file } : paths,
    cacheDir,
    model: 'photo',
    picture,
    spawn: () => spawnNodeHost({ ...faults.env, ...addon?.env, NODE_OPTIONS: '--max-old-space-size=200' }, hostFile),
    watchdog: (onHang) => new Watchdog(onHang, patienceMs, limits, 50),
  });
  return { ...app, ...faults };
}
