/** Wires the parts together and lets them go. `open.ts` has opened the window by then. */
import { spawn } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { app, type BrowserWindow, clipboard, dialog, safeStorage } from 'electron';
import type { ModelCard } from '../app/catalog';
import { type Channel, commands, type ModelInfo, type Results } from '../app/contract';
import { AppError, type ErrorReport, toReport } from '../app/errors';
import { environmentOf, makersIn } from '../app/makers';
import { defaultPattern, outputName } from '../app/outputName';
import { type Event, isUnsaved } from '../app/states';
import { type WorkshopChannel, workshopCommands } from '../app/workshop';
import { silenceMs, Watchdog } from '../host/watchdog';
import { cacheKey } from '../storage/cacheKey';
import { sweepTemporary, whyNotWritable } from '../storage/folder';
import { sweepLeftovers } from '../storage/leftovers';
import { createSaves } from '../storage/saveFile';
import { packagedKey, trustedKey } from '../storage/signature';
import { dialogs } from '../words/dialogs';
import { wordsOf } from '../words/errors';
import type { Standing } from './alone';
import { Host } from './hosts/host';
import { spawnHost } from './hosts/spawn';
import { Installation } from './installation';
import { createComparisons } from './jobs/comparisons';
import { createDevices } from './jobs/devices';
import { createJobs, jobIds } from './jobs/jobs';
import { openSpeeds } from './jobs/speeds';
import log from './log';
import { paths } from './paths';
import { placesOf, sharedMemory } from './pictures/pictureFile';
import { createPictures } from './pictures/pictures';
import { createShown } from './pictures/shown';
import { queueCommands } from './queue/commands';
import { createLine } from './queue/line';
import { createQueue } from './queue/queue';
import { openRecord } from './queue/record';
import { createWorkshop } from './queue/workshop';
import { electronWorkshop } from './queue/workshopPage';
import { openPreference } from './setup/preference';
import type { StartPreparer } from './setup/preparations';
import { createSetup } from './setup/setup';
import { readShipped } from './setup/shipped';
import { createWebgpu } from './setup/webgpu';
import { createStore } from './store';
import { umask } from './umask';
import { startUpdates } from './updates/updates';
import { openVersions } from './weights/versions';
import { createWeights, type Weights } from './weights/weights';
import type { Handlers } from './window/answer';
import { createAsker } from './window/dialogs';
import { createHidePaths, nameOf } from './window/hidePaths';
import { answererOf } from './window/ipc';
import { askBeforeLeaving } from './window/leaving';
import { type Answer, firstAsked, listen } from './window/listen';
import { keepPageAlive } from './window/pageLife';

/** `dist/`, beside the asar's package.json or the repository's. */
const dist = path.join(__dirname, '..');

/** @param answer takes what answers the window's commands: the page may have asked already. */
export async function start(
  standing: Exclude<Standing, 'second'>,
  window: BrowserWindow,
  answer: (answer: Answer) => void,
): Promise<void> {
  // The first line makes the log's file, readable by this user alone whatever lay there.
  log.info('Refit', app.getVersion(), 'on Electron', process.versions.electron);
  if (standing === 'unlocked')
    log.warn('start', 'the lock could not be made; no other app answers, so it goes on without');
  const userData = app.getPath('userData');
  const saves = createSaves(path.join(userData, 'saves'), umask);
  // The holder of the lock alone uses this data: a process that now has an earlier one's number is a stranger.
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
  const send = (event: string, data: unknown): void => {
    if (!window.isDestroyed()) window.webContents.send(event, data);
  };
  const hidePaths = createHidePaths({
    '~': os.homedir(),
    '<tmp>': os.tmpdir(),
    '<Refit>': process.resourcesPath,
    // Below the home folder, ~ already hides the user's name, and helps a person find the place.
    ...(!userData.startsWith(os.homedir() + path.sep) && { '<data>': userData }),
  });
  const ask = createAsker();

  const seal = app.isPackaged ? { root: process.resourcesPath, key: packagedKey(app.getAppPath()) } : undefined;
  const installation = new Installation([process.execPath, app.getAppPath()]);
  const begin = { pixels: basePaths.pixels, ...(seal && { seal }) };
  const hostOf =
    (name: string, yields = false, env: () => Record<string, string> = () => ({})) =>
    () => {
      installation.check();
      return spawnHost(path.join(dist, 'host', 'index.js'), name, { ...begin, yields }, env());
    };
  let answered = 0;
  const listeners: ConstructorParameters<typeof Host>[1] = {
    tiles: (tiles) => {
      if (!line.onTiles(tiles)) jobs.onTiles(tiles);
    },
    outputs: (outputs) => {
      // Outputs go to the window once a job: it could not keep up with a host that sends more and more.
      if (!jobs.isRunning(outputs.jobId) || outputs.jobId === answered) return;
      answered = outputs.jobId;
      send('outputs', outputs);
    },
    refitProgress: (progress) => setup.onRefitProgress(progress),
  };
  const gpu = new Host(
    hostOf(dialogs.processes.gpu),
    listeners,
    ({ how, detail, gaveUp }) => {
      log.error('GPU host', how, detail);
      if (gaveUp)
        setup.fallBack(new AppError('HOST_GAVE_UP', { how: how === 'gpuFault' ? 'crashed' : how }, detail).toReport());
    },
    undefined,
    (isQuiet) => {
      log.warn('GPU host', isQuiet ? 'does not answer' : 'answers, or is asked nothing any more');
      jobs.onQuiet('gpu', isQuiet);
    },
  );
  const cpu = new Host(
    hostOf(dialogs.processes.cpu),
    listeners,
    ({ how, detail }) => log.error('CPU host', how, detail),
    (onHang) => new Watchdog(onHang, silenceMs.cpu),
    (isQuiet) => {
      log.warn('CPU host', isQuiet ? 'does not answer' : 'answers, or is asked nothing any more');
      jobs.onQuiet('cpu', isQuiet);
    },
  );

  let preparers = 0;
  /** Starts a host that prepares models and runs no job; set-up ends it. */
  const startPreparer: StartPreparer = (onQuiet) => {
    // A name of its own, by which the system reports the process's end.
    const name = dialogs.processes.preparing(++preparers);
    return new Host(
      hostOf(name),
      { refitProgress: (progress) => setup.onRefitProgress(progress) },
      ({ how, detail }) => log.error(name, how, detail),
      undefined,
      (isQuiet) => {
        log.warn(name, isQuiet ? 'does not answer' : 'answers, or is asked nothing any more');
        onQuiet(isQuiet);
      },
    );
  };
  const webgpuHost = new Host(
    hostOf(dialogs.processes.webgpu, false, () => environmentOf(store.get().preference.maker)),
    listeners,
    ({ how, detail }) => log.error('WebGPU host', how, detail),
    undefined,
    (isQuiet) => {
      log.warn('WebGPU host', isQuiet ? 'does not answer' : 'answers, or is asked nothing any more');
      jobs.onQuiet('webgpu', isQuiet);
    },
  );

  const picturesDir = path.join(kept, 'pictures');
  void sweepLeftovers([picturesDir, sharedMemory, os.tmpdir()]);
  /** Makes views of pictures and writes files, apart from the networks: a picture can be seen and saved whatever their hosts do. */
  const pictureHost = new Host(
    hostOf(dialogs.processes.picture),
    { encoded: ({ share }) => send('saving', { share }) },
    ({ how, detail }) => log.error('picture host', how, detail),
    (onHang) => new Watchdog(onHang, silenceMs.cpu),
  );
  const places = placesOf(picturesDir);
  const forget = ({ file }: { file: string }): Promise<void> =>
    pictureHost.isRunning
      ? pictureHost.call('forget', { file }).then(
          () => {},
          () => {},
        )
      : Promise.resolve();
  const shown = createShown(store, pictureHost, places, forget);

  for (const host of [webgpuHost, cpu]) host.configure({ models: versions.files() });
  const cacheDir = path.join(kept, 'engines');
  const preference = await openPreference(path.join(kept, 'device.json'), (line) => log.warn(line));
  store.emit({ kind: 'preference', preference: preference.get() });
  const setup = createSetup({
    store,
    host: gpu,
    startPreparer,
    shipped,
    paths: shippedPaths,
    cacheDir,
    preference,
    cacheKey: sealKey,
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
  const nextId = jobIds();
  const jobs = createJobs({
    nextId,
    store,
    devices,
    webgpu,
    hosts,
    shipped,
    shown,
    pictureHost,
    tellChanged: (changed) => send('changed', changed),
    tileTook: ({ id, flow }, tileMs) => {
      if (flow.kind !== 'tiles' || !speeds.measured(id, flow.cpuTile, tileMs)) return;
      store.emit({ kind: 'tileMs', model: id, tileMs });
      void speeds.keep();
    },
  });
  store.subscribe(({ event }) => {
    if (mayMoveJobs.has(event.kind)) jobs.onDevices();
  });
  const weights = createWeights(
    versions,
    { gpu, webgpu: webgpuHost, cpu },
    (model) => setup.gpuTask(model),
    () => setup.start(),
    trustedKey,
  );
  const comparisons = createComparisons(weights, shown, pictureHost, shipped.cards);
  /** Other weights would end a running job, and a comparison would take the GPU from it. */
  const requireIdle = (): void => {
    if (store.get().job.kind === 'running') throw new AppError('BUSY', {});
  };
  const workshopPage = electronWorkshop(dist);
  const workshop = createWorkshop(workshopPage.page, workshopPage.grant);
  listen(
    workshopPage.contents,
    Object.keys(workshopCommands) as WorkshopChannel[],
    Promise.resolve(answererOf(workshopCommands, workshop.handlers, hidePaths)),
  );
  const line = createLine({
    workshop,
    devices,
    hosts,
    pictureHost,
    cards: shipped.cards,
    places,
    forget,
    nextId,
  });
  // What a killed process left half written is no result of the queue.
  await swept;
  const queue = createQueue({
    line,
    record: await openRecord(path.join(kept, 'queue'), (fault) =>
      store.emit({ kind: 'notice', notice: nothingKept(userData, fault) }),
    ),
    cards: shipped.cards,
    saves,
    umask,
    tell: (events) => send('queue', hidePaths(events)),
    refusal: () => (store.get().job.kind === 'running' ? new AppError('BUSY', {}).toReport() : null),
    nameOf: (folder) => nameOf(folder, hidePaths),
  });
  window.once('closed', () => {
    workshop.close();
    void queue.close();
  });
  const pictures = createPictures(
    window,
    ask,
    shipped.cards,
    shippedPaths,
    hidePaths,
    saves,
    store,
    shown,
    pictureHost,
  );

  const handlers: Handlers = {
    'state:get': () => hidePaths(store.snapshot()),
    'models:list': () => shipped.cards.map(infoOf),
    'weights:list': ({ model }) => {
      const chosen = versions.current(model);
      return versions.of(model).map((version) => ({
        version: version.onnx.sha256,
        installedAt: version.installedAt,
        chosen: version === chosen,
      }));
    },
    'weights:install': () => {
      requireIdle();
      return installFrom(window, ask, weights);
    },
    'weights:choose': async ({ model, version }) => {
      requireIdle();
      await weights.choose(model, version);
      return null;
    },
    'weights:compare': (asked) => {
      requireIdle();
      return comparisons.compare(asked);
    },
    'weights:compared': async (compared) => {
      await comparisons.show(compared);
      return null;
    },
    // Long work is not awaited: the window learns of it by state.
    'setup:prepare': () => background(setup.prepare()),
    'setup:continue': () => background(setup.continueSetup()),
    'setup:retry': () => background(setup.retry()),
    'device:choose': (wanted) => background(setup.chooseDevice(wanted)),
    'tool:choose': ({ model }) => background(setup.chooseTool(model)),
    'job:start': (job) => {
      installation.check();
      // A host has one job of tiles at a time.
      if (queue.isRunning()) throw new AppError('BUSY', {});
      return jobs.start(job);
    },
    'job:expect': (job) => background(jobs.expect(job)),
    'job:parts': (parts) => jobs.parts(parts),
    'job:finish': async (finished) => {
      await jobs.finish(finished);
      return null;
    },
    'answer:change': async (changed) => {
      await jobs.change(changed);
      return null;
    },
    'job:cancel': () => background(jobs.cancel()),
    'picture:create': (picture) => {
      requireIdle();
      // It died of another picture, so that death does not count.
      pictureHost.forgive();
      return shown.create(picture);
    },
    'picture:rows': async (rows) => {
      await shown.rows(rows);
      return null;
    },
    'picture:ready': async (picture) => {
      requireIdle();
      await shown.carry(picture);
      // Checked again: a job may have been started meanwhile.
      requireIdle();
      return background(shown.ready(picture));
    },
    view: (wanted) => shown.view(wanted),
    'picture:cut': async ({ id, ...wanted }) => ({
      rgba: (await pictureHost.call('cut', { ...shown.opened(id).layer, ...wanted })).bytes,
    }),
    'picture:sample': ({ model }) => {
      installation.check();
      return pictures.sample(model);
    },
    'picture:save': async (picture) => {
      // The person's last edit must be in what is saved.
      await jobs.changed();
      // The person asked for it, so it is tried whatever the host died of before.
      pictureHost.forgive();
      return pictures.save(picture);
    },
    'picture:cancelSave': () => background(pictures.cancelSave()),
    'text:save': (text) => pictures.saveText(text),
    'text:copy': ({ text }) => {
      clipboard.writeText(text);
      pictures.copied();
      return null;
    },
    'result:use': async () => {
      // The person's last edit must be in what is used.
      await jobs.changed();
      requireIdle();
      await shown.use(({ name }, { model }) => {
        const tools = shipped.cards.filter(({ id }) => id === model);
        return outputName(defaultPattern, { name, tools, format: 'png' });
      });
      return null;
    },
    ...queueCommands({
      queue,
      workshop,
      window,
      ask,
      shown,
      pictureHost,
      nextId,
      requireIdle,
      log: (error) => log.error('queue', toReport(error).detail),
    }),
    'app:restart': () => restart(installation, leaving.leave),
    'app:leave': (step) => {
      leaving.told(step);
      return null;
    },
    'picture:showInFolder': () => background(pictures.showInFolder()),
  };
  app.on('child-process-gone', (_event, { type, name, reason, exitCode }) =>
    log.warn('process gone', type, name ?? '', reason, exitCode),
  );
  keepPageAlive(window, () => jobs.ownerGone());
  const leaving = askBeforeLeaving(
    window,
    () => isUnsaved(store.get()),
    () => send('leaving', null),
  );
  const answers = answererOf(commands, handlers, hidePaths);
  const others = (Object.keys(handlers) as Channel[]).filter((channel) => !firstAsked.includes(channel));
  listen(() => window.webContents, others, Promise.resolve(answers));
  store.subscribe((event) => send('event', hidePaths(event)));
  answer(answers);
  await setup.start();
  if (seal) await startUpdates(seal.root, seal.key, log);
}

/** Events after which another device may serve a job. */
const mayMoveJobs: ReadonlySet<Event['kind']> = new Set(['ready', 'row', 'webgpu', 'webgpuAnew', 'preference']);

/** What WebGPU's verdicts depend on: graphics cards, drivers, and ONNX Runtime, which comes with each version of the app. */
async function graphicsFacts(): Promise<string> {
  const { gpuDevice } = (await gpuInfo()) as { gpuDevice?: unknown };
  return JSON.stringify([app.getVersion(), process.versions.electron, gpuDevice]);
}

const gpuInfo = (): Promise<unknown> =>
  app.getGPUInfo('basic').catch((error: unknown) => ({ gpuDevice: String(error) }));

/** Asks the person for the folder of a weight pack, and installs it. */
async function installFrom(
  window: BrowserWindow,
  ask: ReturnType<typeof createAsker>,
  weights: Weights,
): Promise<Results['weights:install']> {
  const { filePaths } = await ask(() => dialog.showOpenDialog(window, { properties: ['openDirectory'] }));
  const [folder] = filePaths;
  if (!folder) return { kind: 'cancelled' };
  const { model, version, figures } = await weights.install(folder);
  log.info('weights installed', model, JSON.stringify(figures ?? 'without a plan to put them into'));
  return { kind: 'installed', model, version: version.onnx.sha256 };
}

function nothingKept(folder: string, error: NodeJS.ErrnoException): ErrorReport {
  const isFull = ['ENOSPC', 'EDQUOT'].includes(error.code ?? '');
  const why = isFull ? 'full' : ['EROFS', 'EACCES', 'EPERM'].includes(error.code ?? '') ? 'forbidden' : 'failed';
  return new AppError('NOTHING_KEPT', { folder, why }, String(error)).toReport();
}

/** Restarts the app only where it must: a window that was taken over could ask for it again and again. */
function restart(installation: Installation, leave: () => void): null {
  try {
    installation.check();
  } catch (error) {
    if (toReport(error).code === 'INSTALL_REPLACED') {
      app.releaseSingleInstanceLock();
      // Electron's own relaunch would start this process's executable, which is gone. An AppImage's file outlives its mount.
      const executable = process.env.APPIMAGE ?? process.execPath;
      spawn(executable, process.argv.slice(1), { detached: true, stdio: 'ignore' }).unref();
    }
    // The page has already asked about an unsaved result.
    leave();
    return null;
  }
  throw new AppError('BAD_MESSAGE', { channel: 'app:restart' }, 'nothing has changed');
}

/** Starts work that tells its errors by state. Any other error is a fault of ours, which is logged and must not end the app. */
function background(work: Promise<void> | void): null {
  work?.catch((error: unknown) => log.error('background', toReport(error).detail));
  return null;
}

function infoOf({
  id,
  name,
  summary,
  icon,
  quicker,
  partOf,
  flow,
  gives,
  profiles,
  outputs,
  licence,
}: ModelCard): ModelInfo {
  const profile = profiles[0];
  return {
    id,
    name,
    summary,
    ...(icon && { icon }),
    ...(quicker && { quicker }),
    ...(partOf && { partOf }),
    flow,
    ...(gives && { gives }),
    profile: { width: profile?.width ?? 0, height: profile?.height ?? 0 },
    outputs: outputs.map(({ name: output, dtype }) => ({ name: output, dtype })),
    licence,
  };
}

/** Tells the person why the app cannot start, and ends it. */
export function fail(error: unknown): void {
  log.error('start', error);
  const report = toReport(error);
  const { message, remedy } = wordsOf(report);
  // Also to stderr, for a start without a screen.
  process.stderr.write(`${message} ${remedy}\n${report.detail}\n`);
  dialog.showErrorBox(dialogs.notStarted, `${message} ${remedy}\n\n${report.detail}`);
  app.exit(1);
}

// An uncaught error must not cost the window.
log.errorHandler.startCatching({ showDialog: false });
