/** The workshop's page in Electron: a window that is never shown, in a session of its own, made when it is first needed. */
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { BrowserWindow, session } from 'electron';
import type { WorkshopTask } from '../../app/workshop';
import log from '../log';
import { keepThere, loadPage, lockDown, origin, sandboxed, serve } from '../window/window';
import type { WorkshopPage } from './workshop';

export interface ElectronWorkshop {
  page(onGone: (why: string) => void): WorkshopPage;
  grant(file: string): { url: string; revoke(): void };
  /** Of the page that is there: who may speak for it. */
  contents(): Electron.WebContents | undefined;
}

/** @param dist the folder with main/workshopPreload.js and renderer/workshop.html. */
export function electronWorkshop(dist: string): ElectronWorkshop {
  const files = new Map<string, string>();
  // In memory alone, and apart from the window's: it can ask for the files that it is given, and the window cannot.
  const own = session.fromPartition('workshop');
  serve(own, path.join(dist, 'renderer'), (pathname) => files.get(pathname));
  lockDown(own);
  let window: BrowserWindow | undefined;

  return {
    contents: () => (window && !window.isDestroyed() ? window.webContents : undefined),
    grant(file) {
      const pathname = `/pictures/${randomUUID()}`;
      files.set(pathname, file);
      return { url: `${origin}${pathname}`, revoke: () => void files.delete(pathname) };
    },
    page(onGone) {
      /** Tasks that wait until the page listens; undefined: it does. */
      let waiting: WorkshopTask[] | undefined = [];

      function make(): void {
        waiting = [];
        const made = new BrowserWindow({
          show: false,
          webPreferences: {
            ...sandboxed(path.join(dist, 'main', 'workshopPreload.js')),
            session: own,
            // Nobody ever sees it, and it works all the same.
            backgroundThrottling: false,
          },
        });
        window = made;
        keepThere(made);
        const gone = (why: string): void => {
          if (window !== made) return;
          window = undefined;
          log.warn('workshop', why);
          if (!made.isDestroyed()) made.destroy();
          onGone(why);
        };
        made.webContents.on('render-process-gone', (_event, { reason, exitCode }) => gone(`${reason}, ${exitCode}`));
        made.once('closed', () => gone('closed'));
        made.webContents.on('did-fail-load', (_event, code, description) =>
          gone(`not loaded: ${description} (${code})`),
        );
        made.webContents.on('preload-error', (_event, file, error) => gone(`preload ${file}: ${error}`));
        loadPage(made, 'workshop.html');
      }

      return {
        begin(task) {
          if (!window) make();
          if (waiting) waiting.push(task);
          else window?.webContents.send('workshop:task', task);
        },
        stop(task) {
          waiting = waiting?.filter((each) => each.task !== task);
          window?.webContents.send('workshop:stop', task);
        },
        give: (task, port) => window?.webContents.postMessage('workshop:port', task, [port]),
        ready() {
          const tasks = waiting ?? [];
          waiting = undefined;
          for (const task of tasks) window?.webContents.send('workshop:task', task);
        },
        end() {
          const ended = window;
          window = undefined;
          if (!ended) return;
          ended.destroy();
          onGone('ended');
        },
      };
    },
  };
}
