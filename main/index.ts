/** Start: wires the parts together and lets them go. */
import path from 'node:path';
import { app, clipboard, Menu } from 'electron';
import log from 'electron-log/main';
import type { ModelCard } from '../app/catalog';
import type { ModelInfo } from '../app/contract';
import { AppError } from '../app/errors';
import { Host } from './host';
import { listen } from './ipc';
import { createJobs } from './jobs';
import { createOutbox } from './outbox';
import { paths } from './paths';
import { createPictures } from './pictures';
import { createSetup } from './setup';
import { readShipped } from './shipped';
import { spawnHost } from './spawn';
import { createStore } from './store';
import { createWindow, registerScheme } from './window';

/** `dist/`, beside the asar's package.json or the repository's. */
const dist = path.join(__dirname, '..');

async function start(): Promise<void> {
  await app.whenReady();
  Menu.setApplicationMenu(null);
  const shippedPaths = paths(app.isPackaged ? process.resourcesPath : path.join(dist, '..'), app.isPackaged);
  const shipped = await readShipped(shippedPaths);
  const store = createStore();
  const window = createWindow(dist);
  const send = (event: string, data: unknown): void => {
    if (!window.isDestroyed()) window.webContents.send(event, data);
  };

  const spawn = (name: string) => () => spawnHost(path.join(dist, 'main', 'hostProcess.js'), name);
  const listeners: ConstructorParameters<typeof Host>[1] = {
    tile: (tile) => jobs.onTile(tile),
    outputs: (outputs) => {
      if (jobs.isRunning(outputs.jobId)) send('outputs', outputs);
    },
    refitProgress: (progress) => setup.onRefitProgress(progress),
  };
  const gpu = new Host(spawn('Refit GPU host'), listeners, ({ code, gaveUp }) => {
    log.error('GPU host ended', code);
    if (gaveUp) setup.fallBack(new AppError('HOST_GAVE_UP', {}).toReport());
  });
  const cpu = new Host(spawn('Refit CPU host'), listeners, ({ code }) => log.error('CPU host ended', code));

  const cacheDir = path.join(app.getPath('userData'), 'engines');
  const setup = createSetup(store, gpu, shipped, shippedPaths, cacheDir, (line) => log.info(line));
  const outbox = createOutbox((tile) => send('tile', tile));
  const jobs = createJobs(store, setup, { gpu, cpu }, shipped.cards, shippedPaths, outbox.show);
  const pictures = createPictures(window, shipped.cards, shippedPaths);

  listen(window.webContents, {
    'state:get': () => store.get(),
    'models:list': () => shipped.cards.map(infoOf),
    // Long work is started, not awaited: the window learns of it by state.
    'setup:prepare': () => background(setup.prepare()),
    'setup:continue': () => background(setup.goOn()),
    'setup:retry': () => background(setup.retry()),
    'job:start': (job) => {
      outbox.reset();
      return jobs.start(job);
    },
    'tile:shown': () => background(outbox.shown()),
    'job:parts': (parts) => jobs.parts(parts),
    'job:finish': ({ jobId }) => background(jobs.finish(jobId)),
    'job:cancel': () => background(jobs.cancel()),
    'picture:sample': ({ model }) => pictures.sample(model),
    'picture:save': (picture) => pictures.save(picture),
    'text:copy': ({ text }) => background(clipboard.writeText(text)),
    'picture:showInFolder': () => background(pictures.showInFolder()),
  });
  store.subscribe((state) => send('state', state));
  app.on('second-instance', () => {
    if (window.isMinimized()) window.restore();
    window.focus();
  });
  await setup.start();
}

function background(_work: Promise<void> | void): null {
  return null;
}

function infoOf({ id, name, summary, icon, partOf, flow, gives, profiles, outputs, licence }: ModelCard): ModelInfo {
  const profile = profiles[0];
  return {
    id,
    name,
    summary,
    ...(icon && { icon }),
    ...(partOf && { partOf }),
    flow,
    ...(gives && { gives }),
    profile: { width: profile?.width ?? 0, height: profile?.height ?? 0 },
    outputs: outputs.map(({ name: output, dtype }) => ({ name: output, dtype })),
    licence,
  };
}

registerScheme();
app.on('window-all-closed', () => app.quit());
if (app.requestSingleInstanceLock())
  start().catch((error: unknown) => {
    log.error('start', error);
    app.exit(1);
  });
else app.quit();
