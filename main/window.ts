/** The one window: sandboxed, isolated, served from app://, going nowhere else. */
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { BrowserWindow, net, protocol, session } from 'electron';

const scheme = 'app';
const origin = `${scheme}://refit`;

/** Whether a frame shows our own page. */
export const isOurs = (url: string): boolean => url === origin || url.startsWith(`${origin}/`);

/** To be called before the app is ready: app:// gets an origin of its own, like https. */
export function registerScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
}

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "font-src 'self'",
  "connect-src 'self' blob:",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

/** Serves files of one folder and nothing outside it. @param folder the built renderer. */
function serve(folder: string): void {
  protocol.handle(scheme, async (request) => {
    const refused = new Response('', { status: 404 });
    const { host, pathname } = new URL(request.url);
    if (host !== 'refit') return refused;
    try {
      const root = await realpath(folder);
      const file = await realpath(path.join(root, decodeURIComponent(pathname === '/' ? '/index.html' : pathname)));
      if (file !== root && !file.startsWith(root + path.sep)) return refused;
      const response = await net.fetch(pathToFileURL(file).href);
      const headers = new Headers(response.headers);
      headers.set('Content-Security-Policy', policy);
      headers.set('X-Content-Type-Options', 'nosniff');
      return new Response(response.body, { status: response.status, headers });
    } catch {
      return refused;
    }
  });
}

/** @param dist the folder with main/preload.js and renderer/. */
export function createWindow(dist: string): BrowserWindow {
  serve(path.join(dist, 'renderer'));
  session.defaultSession.setPermissionRequestHandler((_contents, _permission, grant) => grant(false));
  session.defaultSession.setPermissionCheckHandler(() => false);
  const window = new BrowserWindow({
    width: 1280,
    height: 820,
    minWidth: 900,
    minHeight: 600,
    show: false,
    backgroundColor: '#17181a',
    webPreferences: {
      preload: path.join(dist, 'main', 'preload.js'),
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      spellcheck: false,
    },
  });
  const show = (): void => {
    if (!window.isDestroyed() && !window.isVisible()) window.show();
  };
  window.once('ready-to-show', show);
  // Where Chromium's own GPU process fails at its start, the first frame and so that event may never come.
  window.webContents.once('did-finish-load', () => setTimeout(show, 2000));
  window.webContents.setWindowOpenHandler(() => ({ action: 'deny' }));
  window.webContents.on('will-navigate', (event) => event.preventDefault());
  window.webContents.on('will-attach-webview', (event) => event.preventDefault());
  void window.loadURL(`${origin}/`);
  return window;
}
