/** A server of updates on this machine. */
import { createHash, createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { root } from './pictures';

/** What the packaged app's updates are signed with (tools/manifest.ts). */
export const buildKey = async (): Promise<KeyObject> =>
  createPrivateKey(await readFile(path.join(root, 'release', 'build-key.pem')));

interface Update {
  version: string;
  name: string;
  bytes: Buffer;
  blockMapSize?: number;
}

/** What a server has: bytes by path. */
export class Server {
  readonly files = new Map<string, Buffer>();
  /** Bytes sent of each path. */
  readonly sent = new Map<string, number>();
  private readonly server = createServer((request, response) => this.answer(request, response));

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Lays an update there and says so. @param key signs what is said; undefined leaves the signature away. */
  offer({ version, name, bytes, blockMapSize }: Update, key?: KeyObject): void {
    const sha512 = createHash('sha512').update(bytes).digest('base64');
    const file = { url: name, sha512, size: bytes.length, ...(blockMapSize && { blockMapSize }) };
    const said = Buffer.from(JSON.stringify({ version, files: [file], path: name, sha512 }));
    this.files.set(`/${name}`, bytes);
    this.files.set('/latest-linux.yml', said);
    this.files.delete('/latest-linux.yml.sig');
    if (key) this.files.set('/latest-linux.yml.sig', Buffer.from(sign(null, said, key).toString('base64')));
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private answer({ url = '', headers }: IncomingMessage, response: ServerResponse): void {
    const name = url.split('?')[0] ?? '';
    const bytes = this.files.get(name);
    if (!bytes) return void response.writeHead(404).end();
    const ranges = [...(headers.range ?? '').matchAll(/(\d+)-(\d+)/g)].map(([, from, to]) => ({
      from: Number(from),
      to: Number(to) + 1,
    }));
    const count = (sent: Buffer) => {
      this.sent.set(name, (this.sent.get(name) ?? 0) + sent.length);
      return sent;
    };
    const [first] = ranges;
    if (!first) return void response.writeHead(200, { 'content-length': bytes.length }).end(count(bytes));
    const rangeOf = ({ from, to }: typeof first) => `bytes ${from}-${to - 1}/${bytes.length}`;
    if (ranges.length === 1) {
      const part = bytes.subarray(first.from, first.to);
      response.writeHead(206, { 'content-length': part.length, 'content-range': rangeOf(first) });
      return void response.end(count(part));
    }
    const parts = ranges.flatMap((range) => [
      Buffer.from(`\r\n--edge\r\ncontent-type: application/octet-stream\r\ncontent-range: ${rangeOf(range)}\r\n\r\n`),
      bytes.subarray(range.from, range.to),
    ]);
    const body = Buffer.concat([...parts, Buffer.from('\r\n--edge--\r\n')]);
    response.writeHead(206, { 'content-length': body.length, 'content-type': 'multipart/byteranges; boundary=edge' });
    response.end(count(body));
  }
}
