/** The app without its window, its engine hosts real processes: what it drew, and how its hosts ended. */
import type { Picture } from '../../app/tiles';
import { Host, type HostChild, type HostDeath } from '../../main/host';
import { createJobs } from '../../main/jobs';
import type { Paths } from '../../main/paths';
import { createSetup } from '../../main/setup';
import type { Shipped } from '../../main/shipped';
import { createStore } from '../../main/store';
import type { Watchdog } from '../../main/watchdog';

export interface Ground {
  shipped: Shipped;
  paths: Paths;
  cacheDir: string;
  /** What the app is asked for. */
  model: string;
  picture: Picture;
  spawn: () => HostChild;
  watchdog?: (onHang: (why: string) => void) => Watchdog;
}

export function windowlessApp({ shipped, paths, cacheDir, model, picture, spawn, watchdog }: Ground) {
  const flow = shipped.cards.find(({ id }) => id === model)?.flow;
  const scale = flow?.kind === 'tiles' ? flow.scale : 1;
  const width = picture.width * scale;
  const store = createStore();
  const deaths: HostDeath[] = [];
  const log: string[] = [];
  const canvas = new Uint8Array(picture.rgb.byteLength * scale ** 2);
  /** How often each pixel was drawn. */
  const drawn = new Uint8Array(canvas.byteLength / 3);
  let tiles = 0;
  let midway: ((tiles: number) => Promise<void>) | undefined;

  const gone: Promise<void>[] = [];
  const spawnSeen = (): HostChild => {
    const child = spawn();
    gone.push(new Promise((resolve) => child.onExit(() => resolve())));
    return child;
  };
  const host = (onDeath: (death: HostDeath) => void): Host =>
    new Host(
      spawnSeen,
      { tile: (tile) => jobs.onTile(tile), refitProgress: (progress) => setup.onRefitProgress(progress) },
      onDeath,
      watchdog,
    );
  const gpu = host((death) => {
    deaths.push(death);
    if (death.gaveUp) setup.fallBack({ code: 'HOST_GAVE_UP', message: '', remedy: '', detail: '' });
  });
  const cpu = host((death) => deaths.push(death));
  const setup = createSetup(store, gpu, shipped, paths, cacheDir, (line) => log.push(line));
  const jobs = createJobs(store, setup, { gpu, cpu }, shipped.cards, paths, async ({ rect, rgb }) => {
    await midway?.(++tiles);
    for (let row = 0; row < rect.height; row++) {
      const at = (rect.y + row) * width + rect.x;
      canvas.set(rgb.subarray(row * rect.width * 3, (row + 1) * rect.width * 3), at * 3);
      for (let x = 0; x < rect.width; x++) drawn[at + x] = (drawn[at + x] ?? 0) + 1;
    }
  });

  return {
    store,
    setup,
    jobs,
    gpu,
    deaths,
    log,
    canvas,
    drawn,
    /** Runs the picture through, onto an empty canvas. @param during called with each tile's number before it is drawn. */
    run: async (during?: typeof midway) => {
      canvas.fill(0);
      drawn.fill(0);
      [tiles, midway] = [0, during];
      jobs.start({ model, ...picture });
      while (store.get().job.kind === 'running') await new Promise((resolve) => setTimeout(resolve, 10));
      return store.get().job;
    },
    /** Resolves when no process of its is left, and nothing of theirs on a GPU. */
    stop: async () => {
      gpu.stop();
      cpu.stop();
      await Promise.all(gone);
    },
    /** Detects, prepares and goes on to the tools. */
    ready: async () => {
      await setup.start();
      if (store.get().setup.kind === 'found') await setup.prepare();
      setup.goOn();
    },
  };
}
