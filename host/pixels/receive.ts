/**
 * Takes a picture from the page that decodes it, by a channel of the picture's own, and writes its rows: main, which all pictures share,
 * has no part in it. The page counts as hostile, and can say nothing here of another picture.
 */
import { AppError } from '../../app/errors';
import { firstFaults } from '../../app/faults';
import { rowsFault } from '../../app/pictureRows';
import { DecodedPart } from '../../app/workshop';
import type { MappedPicture, PictureFacts } from '../../native/pixels';
import type { HostCalls } from '../protocol';
import type { Maps } from './layers';
import { withNeededRoom } from './room';

/** The picture's files. */
export interface Receipt {
  picture: PictureFacts;
  alpha?: PictureFacts | undefined;
}

/** One end of a channel whose other end a page has, as Electron gives it to a utility process. */
export interface PagePort {
  on(event: 'message', listener: (event: { data: unknown }) => void): unknown;
  /** The other end is gone. */
  on(event: 'close', listener: () => void): unknown;
  start(): void;
  postMessage(message: unknown): void;
  close(): void;
}

/** A page that says nothing for so long hangs. */
const silentMs = 120_000;

/**
 * Writes rows until the page says that it was the last; each is answered before the next is sent.
 * @param signal nobody waits for the picture any more. @returns `left` where not all of it came.
 * @throws AppError BAD_MESSAGE, PICTURE_NEEDS_ROOM if memory or disk has run full; NativeError FILE_FAILED.
 */
export function receive(
  maps: Maps,
  { picture, alpha }: Receipt,
  port: PagePort,
  signal: AbortSignal,
): Promise<HostCalls['receive']['result']> {
  // Opened once: when main has closed the file, writes fail, and reach no later file of its name.
  const [colours, shine] = opened(maps, { picture, alpha }, port);
  const { width } = picture;
  let isWriting = false;

  async function take(data: unknown): Promise<{ kind: 'whole'; transparent: boolean } | undefined> {
    const parsed = DecodedPart.safeParse(data);
    if (!parsed.success || isWriting)
      throw refusal(parsed.error ? firstFaults(parsed.error) : 'more than was asked for');
    const part = parsed.data;
    if (part.kind === 'end') return { kind: 'whole', transparent: part.transparent };
    const fault = rowsFault(picture, alpha !== undefined, part);
    if (fault !== undefined) throw refusal(fault);
    const region = { x: 0, y: part.y, width, height: part.rgb.byteLength / (width * 3) };
    isWriting = true;
    await colours.write(region, part.rgb);
    if (part.alpha) await shine?.write(region, part.alpha);
    isWriting = false;
    port.postMessage('next');
    return undefined;
  }

  return new Promise((resolve, reject) => {
    // Settles first: closing the port makes it say `close`.
    const over = (tell: () => void): void => {
      tell();
      clearTimeout(silence);
      signal.removeEventListener('abort', leave);
      port.close();
    };
    const leave = (): void => over(() => resolve({ kind: 'left' }));
    const silence = setTimeout(leave, silentMs);
    signal.addEventListener('abort', leave);
    port.on('close', leave);
    port.on('message', ({ data }) => {
      silence.refresh();
      take(data)
        .then((whole) => whole && over(() => resolve(whole)))
        .catch((error: unknown) => over(() => reject(withNeededRoom(error, picture))));
    });
    port.start();
    if (signal.aborted) leave();
  });
}

/** The picture's files to write into. Where one does not open, the port is closed: the page would wait for an answer to its rows. */
function opened(maps: Maps, { picture, alpha }: Receipt, port: PagePort): [MappedPicture, MappedPicture | undefined] {
  try {
    return [maps.write(picture), alpha && maps.write(alpha)];
  } catch (error) {
    port.close();
    throw error;
  }
}

const refusal = (why: string): AppError => new AppError('BAD_MESSAGE', { channel: 'workshop:rows' }, why);
