/**
 * What works with a window and without: what ships and is kept, the hosts, set-up, devices, and the line that pictures go through. The
 * window (index.ts) and the command line (cli/) stand on it.
 */

import os from 'node:os';
import path from 'node:path';
import { app, safeStorage, type UtilityProcess } from 'electron';
import { AppError, type ErrorReport } from '../app/errors';
import { environmentOf, makersIn } from '../app/makers';
import type { Runner } from '../app/runner';
import type { Event } from '../app/states';
import { type WorkshopChannel, workshopCommands } from '../app/workshop';
import type { HostEvents } from '../host/protocol';
import { silenceMs, Watchdog } from '../host/watchdog';
import { cacheKey } from '../storage/cacheKey';
import { sweepTemporary, whyNotWritable } from '../storage/folder';
import { sweepLeftovers } from '../storage/leftovers';
import { createSaves } from '../storage/saveFile';
import { dialogs } from '../words/dialogs';
import { forkHost } from './hosts/fork';
import { Host } from './hosts/host';
import { createPictureHosts, pictureHostsFor } from './hosts/pictureHosts';
import { hostChild } from './hosts/spawn';
import { Installation } from './installation';
import { createDevices } from './jobs/devices';
import { jobIds } from './jobs/jobs';
import { openSpeeds } from './jobs/speeds';
import log from './log';
import { paths } from './paths';
import { placesOf, sharedMemory } from './pictures/pictureFile';
import { createReceive } from './pictures/receive';
import { createLine } from './queue/line';
import { createWorkshop } from './queue/workshop';
import { electronWorkshop } from './queue/workshopPage';
import { installedSeal } from './seal';
import { createOtherCards } from './setup/otherCards';
import { type KeptPreference, openPreference, unkept } from './setup/preference';
import type { StartPreparer } from './setup/preparations';
import { createSetup, type Setup } from './setup/setup';
import { readShipped } from './setup/shipped';
import { createWebgpu } from './setup/webgpu';
import { createStore, type Store } from './store';
import { umask } from './umask';
import { openVersions } from './weights/versions';
import { createHidePaths } from './window/hidePaths';
import { answererOf } from './window/ipc';
import { listen } from './window/listen';

/** `dist/`, beside the asar's package.json or the repository's. */
export const dist = path.join(__dirname, '..');

/** What the window or the command line hears of the hosts. */
export interface CoreListeners {
  tiles?(tiles: HostEvents['tiles']): void;
  outputs?(outputs: HostEvents['outputs']): void;
  /** Of a picture that is being saved. */
  saving?(share: number): void;
  quiet?(device: Runner, isQuiet: boolean): void;
}

export interface CoreOptions {
  /** The holder of the lock alone uses this user's data. */
  standing: 'first' | 'beside';
  told: CoreListeners;
  /** Gives the process of the GPU's host where one was begun already (fork.ts). */
  takeForked?(): UtilityProcess | undefined;
}

export type Core = Awaited<ReturnType<typeof createCore>>;

/** @throws AppError where the app cannot work at all. */
export async function createCore({ standing, told, takeForked = () => undefined }: CoreOptions) {
  // The first line makes the log's file, readable by this user alone whatever lay there.
  log.info('Refit', app.getVersion(), 'on Electron', process.versions.electron);
  const userData = app.getPath('userData');
  const saves = createSaves(path.join(userData, standing === 'first' ? 'saves' : 'saves-beside'), umask);
  // The holder of the lock alone uses this folder: a process that now has an earlier one's number is a stranger.
  const swept = saves.sweep(standing === 'first' ? () => false : undefined);
  await sweepTemporary(userData);
  const unwritable = await whyNotWritable(userData);
  const basePaths = paths(app.isPackaged ? process.resourcesPath : path.join(dist, '..'), app.isPackaged);
  const vault = safeStorage.isEncryptionAvailable() ? safeStorage : undefined;
  const { key: sealKey, folder: kept } = await cacheKey(userData, vault);
  const versions = await openVersions(path.join(kept, 'weights'), await readShipped(basePaths), basePaths, sealKey);
  // From here on the chosen weights look as if they had shipped: nothing else knows of versions.
  const { shipped, paths: shippedPaths } = versions;
  const store = createStore();
  if (unwritable) store.emit({ kind: 'notice', notice: nothingKept(userData, unwritable) });
  const hidePaths = createHidePaths({
    '~': os.homedir(),
    '<tmp>': os.tmpdir(),
    '<Refit>': process.resourcesPath,
    // Below the home folder, ~ already hides the user's name, and helps a person find the place.
    ...(!userData.startsWith(os.homedir() + path.sep) && { '<data>': userData }),
  });
  const seal = installedSeal();
  const installation = new Installation([process.execPath, app.getAppPath()]);
  const hostOf =
    (name: string, env: () => Record<string, string> = () => ({})) =>
    () => {
      installation.check();
      return hostChild(forkHost(dist, name, env()), name);
    };
  const gpuHost = hostOf(dialogs.processes.gpu);
  const listeners: ConstructorParameters<typeof Host>[1] = {
    tiles: (tiles) => {
      if (!line.onTiles(tiles)) told.tiles?.(tiles);
    },
    outputs: (outputs) => told.outputs?.(outputs),
    refitProgress: (progress) => setup.onRefitProgress(progress),
  };
  const every: Host[] = [];
  let isClosed = false;
  const newHost = (...parts: ConstructorParameters<typeof Host>): Host => {
    const host = new Host(...parts);
    every.push(host);
    if (isClosed) void host.close();
    return host;
  };
  const gpu = newHost(
    () => {
      const forked = takeForked();
      return forked ? hostChild(forked, dialogs.processes.gpu) : gpuHost();
    },
    listeners,
    ({ how, detail, gaveUp }) => {
      log.error('GPU host', how, detail);
      if (gaveUp)
        setup.fallBack(new AppError('HOST_GAVE_UP', { how: how === 'gpuFault' ? 'crashed' : how }, detail).toReport());
    },
    undefined,
    (isQuiet) => {
      logQuiet('GPU host', isQuiet);
      setup.onQuiet(isQuiet);
      told.quiet?.('gpu', isQuiet);
    },
  );
  const cpu = newHost(
    hostOf(dialogs.processes.cpu),
    listeners,
    ({ how, detail }) => log.error('CPU host', how, detail),
    (onHang) => new Watchdog(onHang, silenceMs.cpu),
    (isQuiet) => {
      logQuiet('CPU host', isQuiet);
      told.quiet?.('cpu', isQuiet);
    },
  );

  const pictureHostOf = (name: string, listeners: ConstructorParameters<typeof Host>[1]): Host =>
    newHost(
      hostOf(name),
      listeners,
      ({ how, detail }) => log.error(name, how, detail),
      (onHang) => new Watchdog(onHang, silenceMs.cpu),
    );

  let preparers = 0;
  /** Starts a host that prepares models and runs no job; the set-up that it is for ends it. */
  const preparersOf =
    (told: Pick<Setup, 'onRefitProgress'>): StartPreparer =>
    (onQuiet) => {
      // A name of its own, by which the system reports the process's end.
      const name = dialogs.processes.preparing(++preparers);
      return newHost(
        hostOf(name),
        { refitProgress: (progress) => told.onRefitProgress(progress) },
        ({ how, detail }) => log.error(name, how, detail),
        undefined,
        (isQuiet) => {
          logQuiet(name, isQuiet);
          onQuiet(isQuiet);
        },
      );
    };
  const webgpuHost = newHost(
    hostOf(dialogs.processes.webgpu, () => environmentOf(store.get().preference.maker)),
    listeners,
    ({ how, detail }) => log.error('WebGPU host', how, detail),
    undefined,
    (isQuiet) => {
      logQuiet('WebGPU host', isQuiet);
      told.quiet?.('webgpu', isQuiet);
    },
  );

  const picturesDir = path.join(kept, 'pictures');
  void sweepLeftovers([picturesDir, sharedMemory, os.tmpdir()]);
  /** Makes views of pictures and writes files, apart from the networks: a picture can be seen and saved whatever their hosts do. */
  const pictureHost = pictureHostOf(dialogs.processes.picture, { encoded: ({ share }) => told.saving?.(share) });
  const pictureHosts = createPictureHosts([
    pictureHost,
    ...Array.from({ length: pictureHostsFor(os.availableParallelism()) - 1 }, (_, i) =>
      pictureHostOf(dialogs.processes.otherPicture(i + 1), {}),
    ),
  ]);
  const places = placesOf(picturesDir);
  const { forget } = pictureHosts;

  for (const host of [webgpuHost, cpu]) host.configure({ models: versions.files() });
  const cacheDir = path.join(kept, 'engines');
  const preference = await openPreference(path.join(kept, 'device.json'), (line) => log.warn(line));
  store.emit({ kind: 'preference', preference: preference.get() });
  const setupOf = (store: Store, host: Host, preference: KeptPreference): Setup => {
    const setup: Setup = createSetup({
      store,
      host,
      startPreparer: preparersOf({ onRefitProgress: (progress) => setup.onRefitProgress(progress) }),
      shipped,
      paths: shippedPaths,
      cacheDir,
      preference,
      cacheKey: sealKey,
      log: (line) => log.info(line),
    });
    return setup;
  };
  const setup = setupOf(store, gpu, preference);
  let cards = 0;
  const otherCards = createOtherCards({
    store,
    shipped,
    open: (uuid, onGaveUp) => {
      const name = dialogs.processes.otherGpu(++cards);
      const ownStore = createStore();
      const host = newHost(
        hostOf(name),
        { tiles: (tiles) => line.onTiles(tiles), refitProgress: (progress) => own.onRefitProgress(progress) },
        ({ how, detail, gaveUp }) => {
          log.error(name, how, detail);
          if (gaveUp) onGaveUp();
        },
      );
      const own = setupOf(ownStore, host, unkept({ gpu: uuid, upTo: 'gpu' }));
      return { store: ownStore, setup: own, host };
    },
    log: (line) => log.info(line),
  });
  const speeds = await openSpeeds(path.join(kept, 'speeds.json'));
  for (const { id, flow } of shipped.cards) {
    const tileMs = flow.kind === 'tiles' ? speeds.tileMs(id, flow.cpuTile) : undefined;
    if (tileMs !== undefined) store.emit({ kind: 'tileMs', model: id, tileMs });
  }
  const webgpu = createWebgpu({
    store,
    hosts: { webgpu: webgpuHost, cpu },
    shipped,
    file: path.join(kept, 'webgpu.json'),
    machine: async () => JSON.stringify([await graphicsFacts(), store.get().preference.maker ?? null]),
    log: (line) => log.info(line),
  });
  // Vulkan can leave all but one maker's cards alone; Direct3D 12 has nothing for that.
  if (process.platform === 'linux')
    void gpuInfo().then((info) => store.emit({ kind: 'makers', makers: makersIn(info) }));
  const hosts = { gpu, webgpu: webgpuHost, cpu };
  const devices = createDevices({ store, setup, webgpu, hosts, shipped });
  store.subscribe(({ event }) => {
    if (mayMoveJobs.has(event.kind)) devices.changed();
  });
  const nextId = jobIds();
  // One page is enough: it decodes files in workers, which pass on their rows themselves.
  const workshopPage = electronWorkshop(dist);
  const workshop = createWorkshop(workshopPage.page, workshopPage.grant);
  listen(
    workshopPage.contents,
    Object.keys(workshopCommands) as WorkshopChannel[],
    Promise.resolve(answererOf(workshopCommands, workshop.handlers, hidePaths)),
  );
  const receive = createReceive(pictureHosts, nextId);
  const line = createLine({
    workshop,
    devices,
    otherCards,
    hosts,
    pictureHost: pictureHosts,
    receive,
    shipped,
    places,
    forget,
    nextId,
  });
  return {
    userData,
    unwritable,
    kept,
    hidePaths,
    store,
    versions,
    shipped,
    shippedPaths,
    seal,
    installation,
    hosts,
    pictureHost,
    places,
    forget,
    setup,
    webgpu,
    speeds,
    devices,
    nextId,
    workshop,
    receive,
    line,
    saves,
    /** Resolves once what killed processes left half written is gone. */
    swept,
    preference,
    /** Ends the workshop and all hosts, none of which starts again. Resolves once the hosts are gone. */
    close: async (): Promise<void> => {
      isClosed = true;
      // A race would take each closed host for a death of the next candidate.
      setup.end();
      workshop.close();
      await Promise.all(every.map((host) => host.close()));
    },
  };
}

const logQuiet = (host: string, isQuiet: boolean): void =>
  log.warn(host, isQuiet ? 'does not answer' : 'answers, or is asked nothing any more');

/** Events after which another device may serve a job. */
const mayMoveJobs: ReadonlySet<Event['kind']> = new Set(['ready', 'row', 'webgpu', 'webgpuAnew', 'preference']);

/** What WebGPU's verdicts depend on: graphics cards, drivers, and ONNX Runtime, which comes with each version of the app. */
async function graphicsFacts(): Promise<string> {
  const { gpuDevice } = (await gpuInfo()) as { gpuDevice?: unknown };
  return JSON.stringify([app.getVersion(), process.versions.electron, gpuDevice]);
}

const gpuInfo = (): Promise<unknown> =>
  app.getGPUInfo('basic').catch((error: unknown) => ({ gpuDevice: String(error) }));

/** The notice that nothing is kept. @param folder that cannot be written. @param error why not. */
export function nothingKept(folder: string, error: NodeJS.ErrnoException): ErrorReport {
  const isFull = ['ENOSPC', 'EDQUOT'].includes(error.code ?? '');
  const why = isFull ? 'full' : ['EROFS', 'EACCES', 'EPERM'].includes(error.code ?? '') ? 'forbidden' : 'failed';
  return new AppError('NOTHING_KEPT', { folder, why }, String(error)).toReport();
}
