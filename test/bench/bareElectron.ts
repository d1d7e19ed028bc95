/** What the packaged app's starts are compared with: the same Electron with nothing in it. */
import { link, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { _electron, type ElectronApplication, type Page } from '@playwright/test';
import type { Configuration, HostArguments } from '../../host/protocol';
import { hostEnvironment } from '../../main/hosts/environment';
import { executables } from '../e2e/app';
import { closeApp } from './app';

/** What a host is asked to open. */
export interface HostLoad {
  /** The addon of picture files. */
  pixels: string;
  configuration: Configuration;
  call: 'openGpu' | 'openCpu';
  args: HostArguments['openGpu'] | HostArguments['openCpu'];
}

interface Loaded {
  /** Date.now() */
  at: number;
  error?: string;
}

/** As main gives them to its hosts. */
const { UV_THREADPOOL_SIZE, GLIBC_TUNABLES, ORT_DISABLE_TELEMETRY } = hostEnvironment;
const hostTunables = { UV_THREADPOOL_SIZE, GLIBC_TUNABLES, ORT_DISABLE_TELEMETRY };

export async function inFreshFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'refit-first-run-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** From the start of the process until something of the page is painted. */
export async function paintedMs(page: Page, startedAt: number): Promise<number> {
  const paintedAt = await page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        new PerformanceObserver((list) => {
          const [first] = list.getEntries();
          if (first) resolve(performance.timeOrigin + first.startTime);
        }).observe({ type: 'paint', buffered: true });
      }),
  );
  return paintedAt - startedAt;
}

/** What the packaged app is compared with: an empty window of the same Electron, and a host without an app around it. */
export async function bareElectron() {
  const executable = executables[process.platform];
  if (!executable) throw new Error(`No packaged app of ${process.platform}`);
  const host = path.join(path.dirname(executable), 'resources', 'app.asar', 'dist', 'host', 'index.js');
  // An asar alone is run by this Electron. Both lie on the same disk, so that the copies are links.
  const { createPackage } = await import('@electron/asar');
  const from = path.dirname(executable);
  const folder = path.join(path.dirname(from), `bare-${process.pid}`);
  await mkdir(path.join(folder, 'app'), { recursive: true });
  await writeFile(path.join(folder, 'app', 'package.json'), '{"name":"bare","version":"1.0.0","main":"main.js"}');
  await writeFile(path.join(folder, 'app', 'main.js'), bareMain);
  for (const entry of await readdir(from, { withFileTypes: true, recursive: true })) {
    const at = path.relative(from, path.join(entry.parentPath, entry.name));
    if (at.split(path.sep)[0] === 'resources') continue;
    if (entry.isDirectory()) await mkdir(path.join(folder, at), { recursive: true });
    else {
      await mkdir(path.dirname(path.join(folder, at)), { recursive: true });
      await link(path.join(from, at), path.join(folder, at));
    }
  }
  await mkdir(path.join(folder, 'resources'), { recursive: true });
  await createPackage(path.join(folder, 'app'), path.join(folder, 'resources', 'app.asar'));
  /** Starts it, with data of its own. @returns what `measure` gives. */
  const run = <T>(
    env: Record<string, string>,
    measure: (app: ElectronApplication, startedAt: number) => Promise<T>,
  ): Promise<T> =>
    inFreshFolder(async (data) => {
      const startedAt = Date.now();
      const app = await _electron.launch({
        executablePath: path.join(folder, path.basename(executable)),
        args: [
          `--user-data-dir=${data}`,
          '--disable-gpu',
          ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
          '--password-store=basic',
        ],
        env: { ...(process.env as Record<string, string>), ...env },
      });
      try {
        return await measure(app, startedAt);
      } finally {
        await closeApp({ app });
      }
    });
  return {
    windowMs: () => run({}, async (app, startedAt) => paintedMs(await app.firstWindow(), startedAt)),
    /**
     * From the start of the process until a host of the package has opened what is asked. It checks no file of the installation.
     * @param env beside this process's. @throws Error with the host's own.
     */
    loadMs: (load: HostLoad, env: Record<string, string> = {}) =>
      run({ ...hostTunables, ...env, REFIT_BENCH_LOAD: JSON.stringify({ host, ...load }) }, async (app, startedAt) => {
        const { at, error } = await app.evaluate(() => (globalThis as unknown as { loaded: Promise<Loaded> }).loaded);
        if (error !== undefined) throw new Error(`Not loaded: ${error}`);
        return at - startedAt;
      }),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

const bareMain = `
const { app, BrowserWindow, utilityProcess } = require('electron');
const load = JSON.parse(process.env.REFIT_BENCH_LOAD ?? 'null');
const open = () => new Promise((resolve) => {
  const host = utilityProcess.fork(load.host, [JSON.stringify({ pixels: load.pixels })], { stdio: 'ignore' });
  host.on('message', ({ kind, id, error }) => {
    if (id === 2 || kind === 'error') resolve({ at: Date.now(), error: error && JSON.stringify(error) });
  });
  host.once('exit', (code) => resolve({ at: Date.now(), error: 'the host ended with ' + code }));
  host.postMessage({ id: 1, call: 'configure', args: load.configuration });
  host.postMessage({ id: 2, call: load.call, args: load.args });
});
const ready = app.whenReady();
globalThis.loaded = load && ready.then(open);
if (!load) ready.then(() => new BrowserWindow({ width: 1280, height: 800 }).loadURL('data:text/html,<p>Bare</p>'));
app.on('window-all-closed', () => app.quit());
`;
