/** The one window: sandboxed, isolated, served from app://; it goes nowhere else. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { BrowserWindow, net, protocol, type Session, session, type WebPreferences } from 'electron';
import { resolveWithin } from './resolveWithin';

const scheme = 'app';
export const origin = `${scheme}://refit`;

/** Whether a URL is our own page's. */
export const isOurs = (url: string): boolean => url === origin || url.startsWith(`${origin}/`);

/** Gives app:// an origin of its own, like https. Call it before the app is ready. */
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
  "worker-src 'self'",
  "frame-src 'none'",
  "object-src 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

/**
 * Serves files of one folder and nothing outside it. @param folder the built renderer.
 * @param granted another file that a page may have now, by the path that it asks for.
 */
export function serve(
  { protocol }: Session,
  folder: string,
  granted: (pathname: string) => string | undefined = () => undefined,
): void {
  protocol.handle(scheme, async (request) => {
    const refused = new Response('', { status: 404 });
    const { host, pathname } = new URL(request.url);
    if (host !== 'refit' || request.method !== 'GET') return refused;
    try {
      const wanted = decodeURIComponent(pathname === '/' ? '/index.html' : pathname);
      const file = granted(wanted) ?? (await resolveWithin(folder, wanted));
      // Of a folder Chromium would list what is in it.
      if (!file || !(await stat(file)).isFile()) return refused;
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

/** Schemes of the URLs that our own page uses. */
const own = new Set([`${scheme}:`, 'blob:', 'data:', 'devtools:']);

/** Nothing is permitted, nothing is downloaded, and no request leaves the machine, however the page makes it. */
export function close(target: Session): void {
  target.setPermissionRequestHandler((_contents, _permission, grant) => grant(false));
  target.setPermissionCheckHandler(() => false);
  target.setDevicePermissionHandler(() => false);
  // A download would ask the person where to; only `picture:save` may.
  target.on('will-download', (event) => event.preventDefault());
  target.webRequest.onBeforeRequest(({ url }, answer) => {
    // file: comes from our own net.fetch; Chromium refuses it to a page of app://.
    answer({ cancel: !own.has(new URL(url).protocol) && !url.startsWith('file:') });
  });
  // What is no request (name look-ups, WebRTC) goes to a proxy that does not exist: nothing answers at port 9.
  void target.setProxy({ mode: 'fixed_servers', proxyRules: 'socks5://127.0.0.1:9', proxyBypassRules: '<-loopback>' });
}

/** What every page of ours is kept in. */
export const sandboxed = (preload: string): WebPreferences => ({
  preload,
  sandbox: true,
  contextIsolation: true,
  nodeIntegration: false,
  nodeIntegrationInSubFrames: false,
  nodeIntegrationInWorker: false,
  webSecurity: true,
  webviewTag: false,
  // alert() and its like would hold the window up.
  disableDialogs: true,
  webgl: false,
  spellcheck: false,
});

/** No page of ours opens another or goes anywhere. */
export function keepThere({ webContents }: BrowserWindow): void {
  webContents.setWindowOpenHandler(() => ({ action: 'deny' }));
  webContents.setWebRTCIPHandlingPolicy('disable_non_proxied_udp');
  webContents.on('will-navigate', (event) => {
    // The page may load itself again (renderer/parts/ErrorBoundary.tsx), and go nowhere else.
    if (event.url !== webContents.getURL()) event.preventDefault();
  });
  webContents.on('will-redirect', (event) => event.preventDefault());
  webContents.on('will-attach-webview', (event) => event.preventDefault());
}

/** @param dist the folder with main/preload.js and renderer/. */
export function createWindow(dist: string): BrowserWindow {
  serve(session.defaultSession, path.join(dist, 'renderer'));
  close(session.defaultSession);
  const window = new BrowserWindow({
    width: 1280,
    height: 820,
    minWidth: 900,
    minHeight: 600,
    show: false,
    backgroundColor: '#17181a',
    webPreferences: sandboxed(path.join(dist, 'main', 'preload.js')),
  });
  const show = (): void => {
    if (!window.isDestroyed() && !window.isVisible()) window.show();
  };
  window.once('ready-to-show', show);
  // Where Chromium's own GPU process fails at its start, the first frame, and so `ready-to-show`, may never come.
  window.webContents.once('did-finish-load', () => setTimeout(show, 2000));
  keepThere(window);
  loadPage(window);
  return window;
}

/** From the start; what goes wrong with it is told by events (pageLife.ts). */
export function loadPage(window: BrowserWindow, page = ''): void {
  window.loadURL(`${origin}/${page}`).catch(() => {});
}
