/** Wires the parts together and starts them. `open.ts` has opened the window by then. */
import { spawn } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { app, type BrowserWindow, clipboard, dialog, type UtilityProcess } from 'electron';
import type { ModelCard } from '../app/catalog';
import { type Channel, commands, type ModelInfo, type Results } from '../app/contract';
import { AppError, toReport } from '../app/errors';
import { defaultPattern, outputName } from '../app/outputName';
import { isUnsaved } from '../app/states';
import { trustedKey } from '../storage/signature';
import { dialogs } from '../words/dialogs';
import { wordsOf } from '../words/errors';
import type { Standing } from './alone';
import { createCore, nothingKept } from './core';
import type { Inbox } from './given';
import type { Installation } from './installation';
import { createComparisons } from './jobs/comparisons';
import { createJobs } from './jobs/jobs';
import log from './log';
import { createOpenFile } from './pictures/openFile';
import { createOpening } from './pictures/opening';
import { createPictures } from './pictures/pictures';
import { openRecent } from './pictures/recent';
import { createShown } from './pictures/shown';
import { queueCommands } from './queue/commands';
import { createQueue } from './queue/queue';
import { openRecord } from './queue/record';
import { hasArrived, rememberArrival } from './setup/arrival';
import { umask } from './umask';
import { createWeights, type Weights } from './weights/weights';
import type { Handlers } from './window/answer';
import { createAsker } from './window/dialogs';
import { nameOf } from './window/hidePaths';
import { answererOf } from './window/ipc';
import { askBeforeLeaving } from './window/leaving';
import { type Answer, firstAsked, listen } from './window/listen';
import { keepPageAlive } from './window/pageLife';

/** A disk that stands still does not hold the app open for longer. */
const maxKeepingMs = 5000;

/** What open.ts has made before the rest of main is read. */
export interface Opened {
  standing: Exclude<Standing, 'second'>;
  window: BrowserWindow;
  /** Resolves once the page has drawn something. */
  isDrawn: Promise<void>;
  /** Takes what answers the window's commands: the page may have asked already. */
  answer: (answer: Answer) => void;
  /** What the person gave the app to open. */
  inbox: Inbox;
  /** See CoreOptions. */
  takeForked: () => UtilityProcess | undefined;
}

/** Makes the parts and starts them. @throws as `createCore`. */
export async function start({ standing, window, isDrawn, answer, inbox, takeForked }: Opened): Promise<void> {
  if (standing === 'unlocked')
    log.warn('start', 'the lock could not be made; no other app answers, so it goes on without');
  const send = (event: string, data: unknown): void => {
    if (!window.isDestroyed()) window.webContents.send(event, data);
  };
  let answered = 0;
  const core = await createCore({
    standing: standing === 'first' ? 'first' : 'beside',
    takeForked,
    told: {
      tiles: (tiles) => jobs.onTiles(tiles),
      outputs: (outputs) => {
        // Outputs go to the window once a job: it could not keep up with a host that sends more and more.
        if (!jobs.isRunning(outputs.jobId) || outputs.jobId === answered) return;
        answered = outputs.jobId;
        send('outputs', outputs);
      },
      saving: (share) => send('saving', { share }),
      quiet: (device, isQuiet) => jobs.onQuiet(device, isQuiet),
    },
  });
  const { userData, kept, hidePaths, store, versions, shipped, shippedPaths, seal, installation } = core;
  const { hosts, pictureHost, places, forget, setup, webgpu, speeds, devices, nextId, workshop } = core;
  const { receive, line, saves } = core;
  const ask = createAsker();
  const shown = createShown(store, pictureHost, places, forget);
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
  const weights = createWeights(
    versions,
    hosts,
    (model) => setup.gpuTask(model),
    () => setup.start(),
    trustedKey,
  );
  const comparisons = createComparisons(weights, shown, pictureHost, shipped.cards);
  /** Other weights would end a running job, and a comparison would take the GPU from it. */
  const requireIdle = (): void => {
    if (store.get().job.kind === 'running') throw new AppError('BUSY', {});
  };
  // What a killed process left half written is no result of the queue.
  await core.swept;
  const queue = createQueue({
    line,
    record: await openRecord(path.join(kept, 'queue'), (fault) =>
      // For the reason that is said already, if one is: so it is said once.
      store.emit({ kind: 'notice', notice: nothingKept(userData, core.unwritable ?? fault) }),
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
    const kept = queue.close();
    // What was kept last may still be on its way to a slow disk.
    app.once('will-quit', (event) => {
      event.preventDefault();
      void Promise.race([kept, setTimeout(maxKeepingMs)]).finally(() => app.quit());
    });
  });
  const openFile = createOpenFile(workshop, shown, receive, requireIdle);
  const recent = await openRecent(path.join(kept, 'recent.json'), {
    nameOf: (folder) => nameOf(folder, hidePaths),
    log: (line) => log.warn(line),
    system: { add: (file) => app.addRecentDocument(file), clear: () => app.clearRecentDocuments() },
  });
  const opening = createOpening({ queue, recent, openFile, tell: () => send('given', null) });
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
    ...opening.handlers,
    ...queueCommands({
      queue,
      add: opening.add,
      workshop,
      openFile,
      window,
      ask,
      shown,
      openPicture: () => store.get().picture?.id,
      pictureHost,
      receive,
      nextId,
      requireIdle,
      log: (error) => log.error('queue', toReport(error).detail),
      hidePaths,
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
  inbox.listen((paths) => void background(opening.open(paths)));
  const arrival = path.join(kept, 'arrived');
  rememberArrival(store, arrival, (line) => log.warn(line));
  // Where cores are few, the page draws first: a host's start takes as much of them.
  await setup.start(await hasArrived(arrival), os.availableParallelism() < 4 ? isDrawn : undefined);
  if (!seal) return;
  // Read now, because nothing before needs it.
  const { startUpdates } = await import('./updates/updates');
  await startUpdates(seal.root, seal.key, log);
}

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
