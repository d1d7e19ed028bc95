/** A script that has the window to itself gets nowhere, past main too: the sandbox, the policy and the session hold it. */
import { createSocket } from 'node:dgram';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from './app';
import { ready } from './steps';

/** What a script tries that has the window to itself; each is a promise of whether it got anywhere. */
async function takeOver(web: string, stun: string): Promise<Record<string, boolean>> {
  const soon = <T>(work: Promise<T>): Promise<T | 'never'> =>
    Promise.race([work, new Promise<'never'>((tell) => setTimeout(() => tell('never'), 1500))]);
  const works = (work: () => unknown): Promise<boolean> =>
    // Not in the test's own turn, which the debugger runs and the policy does not bind.
    soon(new Promise<unknown>((done, fail) => setTimeout(() => Promise.resolve().then(work).then(done, fail)))).then(
      (value) => value !== 'never' && value !== false && value !== undefined && value !== null,
      () => false,
    );
  const loads = (tag: 'img' | 'script' | 'iframe' | 'object' | 'link', attributes: object): Promise<boolean> =>
    works(
      () =>
        new Promise((done, fail) => {
          const element = Object.assign(document.createElement(tag), attributes, {
            onload: () => done(true),
            onerror: fail,
          });
          document.body.append(element);
        }),
    );
  const inline = document.createElement('script');
  inline.textContent = 'window.inlineRan = true';
  document.body.append(inline);
  const link = Object.assign(document.createElement('a'), {
    href: URL.createObjectURL(new Blob(['x'])),
    download: 'evil.exe',
  });
  document.body.append(link);
  link.click();
  // A frame tells that it has loaded even where it was refused, so the server counts instead.
  await loads('iframe', { src: web });
  navigator.sendBeacon(`${web}/beacon`, 'x');
  const files = [
    'file:///etc/passwd',
    '/..%2f..%2fpackage.json',
    '/%2e%2e/main/open.js',
    '/..%5c..%5cmain',
    '/assets',
    '//etc/passwd',
  ];
  const read = (url: string) => works(() => fetch(url).then(async (r) => r.ok && (await r.text())));
  return {
    // biome-ignore lint/security/noGlobalEval: this is what must not work
    eval: await works(() => globalThis.eval('1 + 1')),
    Function: await works(() => new Function('return 1')()),
    inlineScript: 'inlineRan' in window,
    nodeImport: await works(() => import(/* @vite-ignore */ ['node', 'fs'].join(':'))),
    worker: await works(
      () =>
        new Promise((done, fail) => {
          const worker = new Worker(URL.createObjectURL(new Blob(['postMessage(1)'], { type: 'text/javascript' })));
          worker.onmessage = done;
          worker.onerror = fail;
        }),
    ),
    serviceWorker: await works(() => navigator.serviceWorker?.register('/index.html')),
    ...Object.fromEntries(await Promise.all(files.map(async (url) => [url, await read(url)] as const))),
    post: await works(() => fetch('/', { method: 'POST' }).then((r) => r.ok)),
    fetch: await read(web),
    noCors: await works(() => fetch(web, { mode: 'no-cors' })),
    xhr: await works(
      () =>
        new Promise((done, fail) => {
          const request = Object.assign(new XMLHttpRequest(), { onload: done, onerror: fail });
          request.open('GET', web);
          request.send();
        }),
    ),
    socket: await works(
      () =>
        new Promise((done, fail) => {
          Object.assign(new WebSocket(web.replace('http', 'ws')), { onopen: done, onerror: fail });
        }),
    ),
    events: await works(
      () =>
        new Promise((done, fail) => {
          Object.assign(new EventSource(web), { onopen: done, onerror: fail });
        }),
    ),
    image: await loads('img', { src: `${web}/image.png` }),
    script: await loads('script', { src: `${web}/script.js` }),
    dataScript: await loads('script', { src: 'data:text/javascript,1' }),
    ownFrame: await loads('iframe', { src: 'about:blank', srcdoc: '<script>parent.framed = 1</script>' }).then(
      () => 'framed' in window,
    ),
    object: await loads('object', { data: web }),
    prefetch: await loads('link', { rel: 'prefetch', href: `${web}/prefetch` }),
    styleElement: await works(() => {
      const style = document.createElement('style');
      style.textContent = 'body { --taken: style }';
      document.head.append(style);
      return getComputedStyle(document.body).getPropertyValue('--taken') !== '';
    }),
    styleAttribute: await works(() => {
      document.body.setAttribute('style', 'outline-offset: 7px');
      return getComputedStyle(document.body).outlineOffset === '7px';
    }),
    styleInMarkup: await works(() => {
      document.body.insertAdjacentHTML('beforeend', '<p id="styled" style="outline-offset: 7px">x</p>');
      const styled = document.getElementById('styled');
      return styled && getComputedStyle(styled).outlineOffset === '7px';
    }),
    handlerAttribute: await works(() => {
      document.body.insertAdjacentHTML('beforeend', '<p id="handled" onclick="window.handlerRan = true">x</p>');
      document.getElementById('handled')?.click();
      return 'handlerRan' in window;
    }),
    scriptLink: await works(async () => {
      const link = Object.assign(document.createElement('a'), { href: 'javascript:void (window.linkRan = true)' });
      document.body.append(link);
      link.click();
      // Such a link is followed in a turn of its own.
      await new Promise((later) => setTimeout(later, 100));
      return 'linkRan' in window;
    }),
    style: await loads('link', { rel: 'stylesheet', href: `${web}/style.css` }),
    window: await works(() => window.open(web)),
    rtc: await works(async () => {
      const peer = new RTCPeerConnection({ iceServers: [{ urls: stun }] });
      peer.createDataChannel('out');
      await peer.setLocalDescription(await peer.createOffer());
      return new Promise((found) => {
        peer.onicecandidate = ({ candidate }) => candidate?.type === 'srflx' && found(candidate.candidate);
      });
    }),
    geolocation: await works(() => new Promise((done, fail) => navigator.geolocation.getCurrentPosition(done, fail))),
    camera: await works(() => navigator.mediaDevices.getUserMedia({ video: true })),
    screen: await works(() => navigator.mediaDevices.getDisplayMedia()),
    notification: await works(() => Notification.requestPermission().then((answer) => answer === 'granted')),
    clipboardRead: await works(() => navigator.clipboard.readText()),
    usb: await works(() =>
      (navigator as unknown as { usb: { requestDevice(o: object): unknown } }).usb.requestDevice({ filters: [] }),
    ),
    fonts: await works(async () => {
      const list = await (window as unknown as { queryLocalFonts(): Promise<unknown[]> }).queryLocalFonts();
      return list.length > 0;
    }),
  };
}

test('leads a script that has the window to itself to no file, no host and no permission', async ({ refit }) => {
  await ready(refit);
  let reached = 0;
  const server = createServer((_request, response) => response.end('x'));
  server.on('connection', () => (reached += 1));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const udp = createSocket('udp4');
  udp.on('message', () => (reached += 1));
  await new Promise<void>((done) => udp.bind(0, '127.0.0.1', done));
  await refit.app.evaluate(({ session }) => {
    const seen = Object.assign(globalThis, { downloads: 0 });
    session.defaultSession.on('will-download', (event) => {
      if (!event.defaultPrevented) seen.downloads += 1;
    });
  });
  try {
    const web = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const outcomes = await refit.window.evaluate(
      `(${takeOver.toString()})(${JSON.stringify(web)}, ${JSON.stringify(`stun:127.0.0.1:${udp.address().port}`)})`,
    );
    expect(Object.entries(outcomes as Record<string, boolean>).filter(([, works]) => works)).toEqual([]);
    expect(Object.keys(outcomes as object).length).toBeGreaterThan(30);
    await refit.window.waitForTimeout(500);
    expect(reached).toBe(0);
    expect(await refit.app.evaluate(() => (globalThis as unknown as { downloads: number }).downloads)).toBe(0);
    expect(refit.app.windows()).toHaveLength(1);
  } finally {
    server.close();
    udp.close();
  }
});
