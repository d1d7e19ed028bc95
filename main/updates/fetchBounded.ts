/**
 * Fetches from a server that may be anyone, before a word of it is believed: never more than foreseen, from no address that
 * anyone on the way could speak for, and not from one that gives so slowly that it has no end.
 */
import { type IncomingMessage, net, session } from 'electron';

const maxRedirects = 10;
/** An answer is given up where it brings fewer bytes than this in so long, counted from its request on. */
const pace = { bytes: 64 << 10, ms: 30_000 };

/** Nobody between the server and here can change what is said: by TLS, or because there is no between. */
export const isSafe = ({ protocol, hostname }: URL): boolean =>
  protocol === 'https:' || (protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(hostname));

/** From this machine's own server to no other: what answers at another port may be anyone's. */
function mayFollow(from: URL, address: string): boolean {
  try {
    const to = new URL(address);
    return to.protocol === 'https:' || to.origin === from.origin;
  } catch {
    return false;
  }
}

/**
 * @param maxBytes an answer with more is given up there, unpacked if it came compressed.
 * @param take gets the bytes in their order; no more come until what it gives back is settled.
 * @throws Error that names what was asked for, and quotes nothing of the answer.
 */
export async function fetchBounded(
  url: URL,
  maxBytes: number,
  take: (bytes: Buffer) => Promise<void> | void,
): Promise<void> {
  const name = url.pathname.slice(-100);
  if (!isSafe(url)) throw new Error(`${name} is not asked for by ${url.protocol}, only by https:`);
  const request = net.request({
    url: url.href,
    redirect: 'manual',
    headers: { 'cache-control': 'no-cache' },
    session: session.fromPartition('updates', { cache: false }),
  });
  let bytesTaken = 0;

  /** @throws Error where it is no 200, is cut, or has more than `maxBytes`. */
  async function read(response: IncomingMessage): Promise<void> {
    if (response.statusCode !== 200) throw new Error(`${name}: the server answers ${response.statusCode}`);
    // Electron's answers are streams that wait for their reader; its types do not say so.
    for await (const bytes of response as unknown as AsyncIterable<Buffer>) {
      bytesTaken += bytes.length;
      if (bytesTaken > maxBytes) throw new Error(`${name} has more than ${maxBytes} bytes`);
      await take(bytes);
    }
  }

  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      let before = 0;
      timer = setInterval(() => {
        if (bytesTaken - before < pace.bytes) reject(new Error(`${name} comes too slowly`));
        before = bytesTaken;
      }, pace.ms);
      let redirects = 0;
      request.on('redirect', (_status, _method, address) => {
        redirects += 1;
        if (redirects > maxRedirects) reject(new Error(`${name} has more than ${maxRedirects} redirects`));
        else if (!mayFollow(url, address)) reject(new Error(`${name} is redirected to another place than https:`));
        else request.followRedirect();
      });
      request.on('response', (response) => void read(response).then(resolve, reject));
      request.on('error', (error) => reject(new Error(`${name}: ${error.message}`)));
      request.end();
    });
  } finally {
    clearInterval(timer);
    request.abort();
  }
}

/** @returns the whole answer, as UTF-8. @throws as `fetchBounded`. */
export async function fetchText(url: URL, maxBytes: number): Promise<string> {
  const parts: Buffer[] = [];
  await fetchBounded(url, maxBytes, (bytes) => void parts.push(bytes));
  return Buffer.concat(parts).toString('utf8');
}
