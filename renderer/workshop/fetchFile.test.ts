import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { fetchFile } from './fetchFile';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** Stands for main: serves one file. */
const serving = async (answer: RequestListener) => {
  const started = createServer(answer);
  server = started;
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  const { port } = started.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, name: 'cat.png', bytes: 3 };
};
const never = new AbortController().signal;

it('reads a file', async () => {
  const file = await fetchFile(await serving((_, response) => void response.end('abc')), never);
  expect([file.name, await file.text()]).toEqual(['cat.png', 'abc']);
});

it('asks for no empty file', async () => {
  const file = await fetchFile({ url: 'http://127.0.0.1:9/', name: 'cat.png', bytes: 0 }, never);
  expect([file.name, file.size]).toEqual(['cat.png', 0]);
});

it.each<[string, RequestListener]>([
  ['is not there', (_, response) => void response.writeHead(404).end()],
  [
    'can be read only in part',
    (_, response) => void response.writeHead(200, { 'Content-Length': '3' }).write('a', () => response.destroy()),
  ],
])('says that a file was not opened that %s', async (_, answer) => {
  await expect(fetchFile(await serving(answer), never)).rejects.toMatchObject({
    code: 'PICTURE_NOT_OPENED',
    params: { name: 'cat.png' },
  });
});

it('gives up with the reason of whoever stops it', async () => {
  const stop = new AbortController();
  const wanted = await serving(() => stop.abort(new Error('stopped')));
  await expect(fetchFile(wanted, stop.signal)).rejects.toThrow('stopped');
});
