/** The one window: sandboxed, isolated, served from app://; it goes nowhere else. */

import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { BrowserWindow, nativeTheme, protocol, type Session, screen, session, type WebPreferences } from 'electron';
import { streamFile } from './fileStream';
import { resolveWithin } from './resolveWithin';

/** Of a picture, at once: each piece costs main some turns. */
const pieceBytes = 1 << 20;

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

/** Of the files that the page is made of; no other kind is served. */
const mediaTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.woff2': 'font/woff2',
};

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
      const picture = granted(wanted);
      // A picture may be larger than memory has room for twice.
      if (picture !== undefined) return new Response(streamFile(picture, pieceBytes));
      const file = await resolveWithin(folder, wanted);
      const mediaType = mediaTypes[path.extname(file ?? '')];
      if (!file || !mediaType || !(await stat(file)).isFile()) return refused;
      // Read here: net.fetch would ask Chromium's network process for each.
      const bytes = new Uint8Array(await readFile(file));
      const headers = {
        'Content-Type': mediaType,
        'Content-Security-Policy': policy,
        'X-Content-Type-Options': 'nosniff',
      };
      return new Response(bytes, { headers });
    } catch {
      return refused;
    }
  });
}

/** Schemes of the URLs that our own page uses. */
const own = new Set([`${scheme}:`, 'blob:', 'data:', 'devtools:']);

/** Nothing is permitted, nothing is downloaded, and no request leaves the machine, however the page makes it. */
export function lockDown(target: Session): void {
  target.setPermissionRequestHandler((_contents, _permission, grant) => grant(false));
  target.setPermissionCheckHandler(() => false);
  target.setDevicePermissionHandler(() => false);
  // A download would ask the person where to; only `picture:save` may.
  target.on('will-download', (event) => event.preventDefault());
  target.webRequest.onBeforeRequest(({ url }, answer) => {
    answer({ cancel: !own.has(new URL(url).protocol) });
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

/** Resolves once the page has its scripts and styles, and nothing else is on its way: main's thread answers and hands on each of them. */
function filesOf({ webRequest }: Session): Promise<void> {
  return new Promise((resolve) => {
    let isRun = false;
    const open = new Set<number>();
    webRequest.onSendHeaders(({ id }) => open.add(id));
    webRequest.onCompleted(({ id, resourceType }) => {
      open.delete(id);
      isRun ||= resourceType === 'script';
      if (!isRun || open.size > 0) return;
      webRequest.onSendHeaders(null);
      webRequest.onCompleted(null);
      resolve();
    });
  });
}

/** A page that has drawn nothing by then no longer holds up the rest of main: a first frame may never come. */
const drawnWithinMs = 1000;

/**
 * @param dist the folder with main/preload.js and renderer/.
 * @returns `hasFiles` resolves once the page has its files and `isDrawn` once it has drawn something; both resolve after a second at the latest.
 */
export function createWindow(dist: string): { window: BrowserWindow; hasFiles: Promise<void>; isDrawn: Promise<void> } {
  serve(session.defaultSession, path.join(dist, 'renderer'));
  const files = filesOf(session.defaultSession);
  lockDown(session.defaultSession);
  // A laptop's screen at 200 %, as Windows proposes for many, has 960 × 540, less the taskbar.
  const room = screen.getPrimaryDisplay().workAreaSize;
  const window = new BrowserWindow({
    width: Math.min(1280, room.width),
    height: Math.min(820, room.height),
    minWidth: 800,
    minHeight: 480,
    // Shown at once: Chromium draws a hidden window's first frame later. The page's own ground, so that nothing flashes.
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#18181a' : '#f5f5f6',
    webPreferences: sandboxed(path.join(dist, 'main', 'preload.js')),
  });
  const isDrawn = new Promise<void>((resolve) => {
    window.once('ready-to-show', resolve);
    setTimeout(resolve, drawnWithinMs);
  });
  keepThere(window);
  loadPage(window);
  return { window, hasFiles: Promise.race([files, isDrawn]), isDrawn };
}

/** From the start; what goes wrong with it is told by events (pageLife.ts). */
export function loadPage(window: BrowserWindow, page = ''): void {
  window.loadURL(`${origin}/${page}`).catch(() => {});
}
