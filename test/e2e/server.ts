/** A server for updates, on this machine. */
import { createHash, createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { pipeline, Readable } from 'node:stream';
import { createBrotliCompress, createDeflate, createGzip } from 'node:zlib';
import { root } from './pictures';

const MiB = 1 << 20;

/** The key that signs the packaged app's updates (tools/manifest.ts). */
export const buildKey = async (): Promise<KeyObject> =>
  createPrivateKey(await readFile(path.join(root, 'release', 'build-key.pem')));

interface Update {
  version: string;
  name: string;
  bytes: Buffer;
  blockMapSize?: number;
  /** What is said of its size. */
  size?: number;
}

/** Serves bytes by path. */
export class Server {
  readonly files = new Map<string, Buffer>();
  /** Answers that take the place of the bytes, by path. */
  readonly answers = new Map<string, (response: ServerResponse, url: string) => void>();
  /** Requests of each path. */
  readonly asked = new Map<string, number>();
  /** Bytes sent of each path. */
  readonly sent = new Map<string, number>();
  private readonly server = createServer((request, response) => this.answer(request, response));

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Offers an update. @param key signs its description; undefined leaves the signature out. */
  offer({ version, name, bytes, blockMapSize, size = bytes.length }: Update, key?: KeyObject): void {
    const sha512 = createHash('sha512').update(bytes).digest('base64');
    const file = { url: name, sha512, size, ...(blockMapSize && { blockMapSize }) };
    const said = Buffer.from(JSON.stringify({ version, files: [file], path: name, sha512 }));
    this.files.set(`/${name}`, bytes);
    this.files.set('/latest-linux.yml', said);
    this.files.delete('/latest-linux.yml.sig');
    if (key) this.files.set('/latest-linux.yml.sig', Buffer.from(sign(null, said, key).toString('base64')));
  }

  /** Answers `name` with `chunk` again and again, as fast as it is taken, and never ends. */
  pour(name: string, status = 200, headers: OutgoingHttpHeaders = {}, chunk = Buffer.alloc(MiB, 'x')): void {
    this.answers.set(name, (response) => {
      response.writeHead(status, headers);
      const more = () => {
        while (!response.destroyed) {
          this.sent.set(name, (this.sent.get(name) ?? 0) + chunk.length);
          if (!response.write(chunk)) break;
        }
      };
      response.on('drain', more);
      more();
    });
  }

  /** Answers `name` with a stream that unpacks to endless zeros. */
  pourPacked(name: string, encoding: 'gzip' | 'deflate' | 'br'): void {
    const packers = { gzip: createGzip, deflate: createDeflate, br: createBrotliCompress };
    this.answers.set(name, (response) => {
      response.writeHead(200, { 'content-encoding': encoding });
      const zeros = new Readable({ read: () => void zeros.push(Buffer.alloc(MiB)) });
      // The reader goes away, as it should.
      pipeline(zeros, packers[encoding](), response, () => undefined);
    });
  }

  /** Answers `name` with headers, and then a byte a second. */
  drip(name: string): void {
    this.answers.set(name, (response) => {
      response.writeHead(200);
      response.flushHeaders();
      const timer = setInterval(() => response.write('x'), 1000);
      response.on('close', () => clearInterval(timer));
    });
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private answer({ url = '' }: IncomingMessage, response: ServerResponse): void {
    const name = url.split('?')[0] ?? '';
    this.asked.set(name, (this.asked.get(name) ?? 0) + 1);
    const answer = this.answers.get(name);
    if (answer) return void answer(response, url);
    const bytes = this.files.get(name);
    if (!bytes) return void response.writeHead(404).end();
    this.sent.set(name, (this.sent.get(name) ?? 0) + bytes.length);
    response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
  }
}
