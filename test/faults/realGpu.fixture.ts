/** The app without its window on this machine's GPU: shipped models in real engine hosts, with real faults (test/addon/faults). */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ModelCard } from '../../app/catalog';
import type { Picture } from '../../app/tiles';
import { spawnNodeHost } from '../../factory/engines/nodeHost';
import { openRig } from '../../factory/engines/rig';
import { gpuFaultsFile } from '../addon/buildFaults';
import { faultList } from './faultList.fixture';
import { windowlessApp } from './windowless.fixture';

/** The shipped tool of tiles, with those of its profiles. @throws Error where there is no GPU. */
export async function openGround(model: string) {
  const { rig, cards, catalog } = await openRig();
  const card = cards.find(({ id }) => id === model);
  if (card?.flow.kind !== 'tiles') throw new Error(`${model} is no tool of tiles`);
  const shipped = (profiles: readonly string[]) => ({
    cards: [card],
    catalog: {
      ...catalog,
      engines: catalog.engines.filter((entry) => entry.model === model && profiles.includes(entry.profile)),
    },
    notices: [],
  });
  return { rig, card: card as ModelCard & { flow: { kind: 'tiles' } }, shipped };
}
type Ground = Awaited<ReturnType<typeof openGround>>;

/** A picture of so many tiles of a profile, made of copies of the tool's sample side by side. */
export async function pictureOf({ rig, card }: Ground, side: number, columns: number, rows: number): Promise<Picture> {
  const sample = card.profiles.reduce((a, b) => (a.width > b.width ? a : b));
  const pixels = await readFile(rig.paths.prepared(card.id, `${sample.id}.pixels.bin`));
  const step = side - 2 * card.flow.overlap;
  const [width, height] = [side + (columns - 1) * step, side + (rows - 1) * step];
  const rgb = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x += sample.width) {
      const from = (y % sample.height) * sample.width * 3;
      const bytes = Math.min(sample.width, width - x) * 3;
      rgb.set(pixels.subarray(from, from + bytes), (y * width + x) * 3);
    }
  return { width, height, rgb };
}

/**
 * @param folder for its faults. @param cacheDir which launches may share. @param profiles that ship.
 * @returns the app; what is put into `env` is so for hosts that are started from then on.
 */
export async function realApp(
  { rig, card, shipped }: Ground,
  {
    folder,
    cacheDir,
    profiles,
    picture,
  }: { folder: string; cacheDir: string; profiles: readonly string[]; picture: Picture },
) {
  const faults = await faultList(folder);
  const env: NodeJS.ProcessEnv = {
    ...faults.env,
    REFIT_ADDON: rig.paths.addon(rig.runtime),
    REFIT_GPU_FAULTS: gpuFaultsFile,
  };
  const app = windowlessApp({
    shipped: shipped(profiles),
    paths: { ...rig.paths, addon: () => path.join(import.meta.dirname, 'faultyAddon.fixture.cjs') },
    cacheDir,
    model: card.id,
    picture,
    spawn: () => spawnNodeHost(env),
  });
  return { ...app, ...faults, env };
}
