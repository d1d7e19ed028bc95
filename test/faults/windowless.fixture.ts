/** The app without its window, with real processes as engine hosts: what it made, and how its hosts ended. */
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { noMetadata } from '../../app/metadata.fixture';
import { pictureHeaderBytes } from '../../app/pictureFile';
import { maxRowsBytes } from '../../app/pictureRows';
import type { Picture } from '../../app/tiles';
import type { Watchdog } from '../../host/watchdog';
import { Host, type HostChild, type HostDeath } from '../../main/hosts/host';
import { createDevices } from '../../main/jobs/devices';
import { createJobs } from '../../main/jobs/jobs';
import type { Paths } from '../../main/paths';
import { placesOf } from '../../main/pictures/pictureFile';
import { createShown } from '../../main/pictures/shown';
import { modelFiles } from '../../main/setup/candidates';
import type { StartPreparer } from '../../main/setup/preparations';
import { createSetup } from '../../main/setup/setup';
import type { Shipped } from '../../main/setup/shipped';
import { noWebgpu } from '../../main/setup/webgpu';
import { createStore } from '../../main/store';

export interface Ground {
  shipped: Shipped;
  paths: Paths;
  cacheDir: string;
  /** The tool to run. */
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
  /** The result's pixels after a run: RGB, rows tight. */
  const canvas = new Uint8Array(picture.rgb.byteLength * scale ** 2);
  /** How often each pixel was reported. */
  const drawn = new Uint8Array(canvas.byteLength / 3);

  const preparers: Host[] = [];
  const gone: Promise<void>[] = [];
  const spawnSeen = (): HostChild => {
    const child = spawn();
    gone.push(new Promise((resolve) => child.onExit(() => resolve())));
    return child;
  };
  const host = (onDeath: (death: HostDeath) => void, onQuiet?: (isQuiet: boolean) => void): Host =>
    new Host(
      spawnSeen,
      {
        tiles: (tiles) => {
          jobs.onTiles(tiles);
          for (const { x, y, width: wide, height: high } of tiles.rects)
            for (let row = y; row < y + high; row++)
              for (let at = row * width + x; at < row * width + x + wide; at++) drawn[at] = (drawn[at] ?? 0) + 1;
        },
        refitProgress: (progress) => setup.onRefitProgress(progress),
      },
      onDeath,
      watchdog,
      onQuiet,
    );
  const startPreparer: StartPreparer = (onQuiet) => {
    const preparer = host((death) => deaths.push(death), onQuiet);
    preparers.push(preparer);
    return preparer;
  };
  const gpu = host((death) => {
    deaths.push(death);
    if (death.gaveUp) setup.fallBack({ code: 'HOST_GAVE_UP', params: {}, detail: '' });
  });
  const cpu = host((death) => deaths.push(death));
  const setup = createSetup({
    store,
    host: gpu,
    startPreparer,
    shipped,
    paths,
    cacheDir,
    log: (line) => log.push(line),
  });
  cpu.configure({ models: shipped.cards.map((card) => modelFiles(card, paths)) });
  // Nobody looks at a picture or saves one here.
  const pictureHost = {
    call: (): never => {
      throw new Error('nothing was to be done to a picture');
    },
    tell: () => {},
  };
  const shown = createShown(store, pictureHost, placesOf(path.join(tmpdir(), 'refit-windowless')), async () => {});
  const hosts = { gpu, webgpu: gpu, cpu };
  const jobs = createJobs({
    store,
    devices: createDevices({ store, setup, webgpu: noWebgpu, hosts, shipped }),
    webgpu: noWebgpu,
    hosts,
    shipped,
    shown,
    pictureHost,
    tellChanged: () => {},
  });

  /** Opens a picture as the window does. @returns its id. */
  async function openPicture(): Promise<number> {
    const { id } = await shown.create({
      name: 'a.png',
      width: picture.width,
      height: picture.height,
      alpha: false,
      displayP3: false,
      notes: [],
      metadata: noMetadata,
    });
    const row = picture.width * 3;
    const rows = Math.max(1, Math.floor(maxRowsBytes / row));
    for (let y = 0; y < picture.height; y += rows)
      await shown.rows({ id, y, rgb: picture.rgb.subarray(y * row, (y + rows) * row), alpha: null });
    shown.ready({ id, transparent: false });
    return id;
  }
  let opened: Promise<number> | undefined;

  return {
    store,
    setup,
    jobs,
    gpu,
    deaths,
    log,
    canvas,
    drawn,
    /** Runs the picture through into an empty canvas. */
    run: async () => {
      canvas.fill(0);
      drawn.fill(0);
      opened ??= openPicture();
      await jobs.start({ model, picture: await opened, format: 'jpeg' });
      while (store.get().job.kind === 'running') await new Promise((resolve) => setTimeout(resolve, 10));
      const { job, result } = store.get();
      if (result)
        canvas.set((await readFile(shown.layer('result', result.id).picture.file)).subarray(pictureHeaderBytes));
      return job;
    },
    /** Resolves when none of the app's processes is left, on the GPU neither. */
    stop: async () => {
      for (const each of [gpu, cpu, ...preparers]) each.stop();
      await Promise.all(gone);
    },
    /** Detects, prepares, goes on to the tools and lets the races run to their end. */
    ready: async () => {
      await setup.start();
      if (store.get().setup.kind === 'found') await setup.prepare();
      setup.continueSetup();
      await setup.settled();
    },
  };
}
