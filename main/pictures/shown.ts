/**
 * The pictures that the window can look at: the open one, what a tool makes of it, and what another version of its weights made of
 * it. Their pixels lie in files (pictureFile.ts); each lives as long as it can be seen.
 */
import type { Arguments, Layer, View } from '../../app/contract';
import { AppError } from '../../app/errors';
import type { PictureMetadata } from '../../app/metadata';
import { pictureBytes } from '../../app/pictureFile';
import type { OpenPicture, Result } from '../../app/states';
import type { Rect } from '../../app/tiles';
import type { PictureFacts } from '../../native/pixels';
import type { Host } from '../hosts/host';
import type { Store } from '../store';
import { Incoming, type Opened } from './incoming';
import { PictureFile, type PictureShape, type Places, placeFor } from './pictureFile';
import { createResultRoom } from './resultRoom';

/** Where a layer's pixels lie. */
export interface LayerFacts {
  picture: PictureFacts;
  /** One channel; of an enlarged picture the size that it had before. */
  alpha?: PictureFacts;
}

/** Files of a layer; the open picture's own where a tool leaves it as it is. */
export interface Files {
  picture: PictureFile | 'original';
  alpha?: PictureFile | 'original' | undefined;
}

interface Made {
  id: number;
  files: Files;
  /** Parts that are there; null: all. */
  there: Rect[] | null;
}

export interface Shown {
  /** Makes room for a picture. One that was begun before and never shown is gone. @throws AppError PICTURE_NEEDS_ROOM. */
  create(asked: Arguments<'picture:create'>): Promise<{ id: number }>;
  /** @throws AppError BAD_MESSAGE, PICTURE_NEEDS_ROOM where memory or disk has run full meanwhile. */
  rows(asked: Arguments<'picture:rows'>): Promise<void>;
  /**
   * Carries colours under the transparency of what was begun, so that nothing is mixed with the black that a decoder leaves there. All
   * rows are there by then. @throws AppError BAD_MESSAGE, PICTURE_NEEDS_ROOM, HOST_DIED.
   */
  carry(picture: Arguments<'picture:ready'>): Promise<void>;
  /** Opens what was begun; the picture before and its result are gone. @throws AppError BAD_MESSAGE. */
  ready(picture: Arguments<'picture:ready'>): void;
  /** The open picture. @throws AppError BAD_MESSAGE where it is another. */
  opened(id: number): { told: OpenPicture; layer: LayerFacts; metadata: PictureMetadata };
  /** Room for what becomes a result. @throws AppError PICTURE_NEEDS_ROOM. */
  makeFile(shape: PictureShape): Promise<PictureFile>;
  /** Room for what is likely to become a result is made ahead; null: none is likely, and what was made goes. */
  expect(shape: PictureShape | null): void;
  /** A file of `makeFile` that is not shown after all. */
  discard(file: PictureFile): void;
  /** Shows what a job makes. The one before is gone. */
  show(result: Result, files: Files, before?: Files): void;
  /** More of the growing result has come. */
  grown(id: number, rects: readonly Rect[]): void;
  /** Changes what is told of the result, if it is still there. */
  tell(id: number, change: Partial<Result>): void;
  /** The result is no more. */
  drop(): void;
  /** A layer, to be read. @throws AppError BAD_MESSAGE where there is none of that id. */
  layer(layer: Layer, id: number): LayerFacts;
  view(asked: Arguments<'view'>): Promise<View>;
}

/** @param pixels the host that views are made in. @param forget resolves once no host opens or keeps a file; only then is
 * it closed, since what it was named by may soon name another. */
export function createShown(
  store: Store,
  pixels: Pick<Host, 'call'>,
  places: Places,
  forget: (file: PictureFacts) => Promise<void>,
): Shown {
  const ahead = createResultRoom(places);
  let lastId = 0;
  let begun: Incoming | undefined;
  let open: Opened | undefined;
  let result: Made | undefined;
  let before: Made | undefined;

  function close(files: Files | undefined): void {
    for (const file of [files?.picture, files?.alpha]) {
      if (!file || file === 'original') continue;
      void forget(file.facts).finally(() => file.close());
    }
  }

  function drop(): void {
    const dropped = [result?.files, before?.files];
    result = undefined;
    before = undefined;
    for (const files of dropped) close(files);
  }

  function abandon(): void {
    begun?.abandon();
    begun = undefined;
  }

  async function makeFiles(shapes: PictureShape[]): Promise<PictureFile[]> {
    const [shape, ...others] = shapes;
    // Its room counts once: it is taken, or given back before the rest is looked for.
    const laidOut = shape && others.length === 0 ? await ahead.take(shape) : await ahead.drop();
    if (laidOut) return [laidOut];
    const bytes = shapes.reduce((sum, { width, height, channels }) => sum + pictureBytes(width, height, channels), 0);
    const folder = await placeFor(bytes, places);
    const files: PictureFile[] = [];
    try {
      for (const shape of shapes) files.push(await PictureFile.create(shape, folder));
      return files;
    } catch (error) {
      for (const file of files) void file.close();
      throw error;
    }
  }

  const known = (channel: 'picture:rows' | 'picture:ready', id: number): Incoming => {
    if (begun?.told.id !== id) throw new AppError('BAD_MESSAGE', { channel }, `picture ${id}`);
    return begun;
  };

  function layer(wanted: Layer, id: number): LayerFacts {
    const files = wanted === 'original' ? (open?.told.id === id ? open : undefined) : made(wanted, id)?.files;
    if (!files || !open) throw new AppError('BAD_MESSAGE', { channel: 'view' }, `${wanted} ${id}`);
    const picture = files.picture === 'original' ? open.picture : files.picture;
    const alpha = files.alpha === 'original' ? open.alpha : files.alpha;
    return { picture: picture.facts, ...(alpha && { alpha: alpha.facts }) };
  }
  const made = (wanted: Layer, id: number): Made | undefined => {
    const found = wanted === 'result' ? result : before;
    return found?.id === id ? found : undefined;
  };

  return {
    async create(asked) {
      abandon();
      const incoming = await Incoming.begin(asked, ++lastId, {
        makeFiles,
        close: (file) => close({ picture: file }),
        pixels,
      });
      // Another may have been begun meanwhile.
      abandon();
      begun = incoming;
      return { id: incoming.told.id };
    },
    rows: async ({ id, ...rows }) => known('picture:rows', id).rows(rows),
    carry: async ({ id, transparent }) => known('picture:ready', id).carry(transparent),
    ready({ id, transparent }) {
      const next = known('picture:ready', id).ready(transparent);
      begun = undefined;
      drop();
      const last = open;
      open = next;
      close(last);
      store.emit({ kind: 'picture', picture: open.told });
    },
    opened(id) {
      if (open?.told.id !== id) throw new AppError('BAD_MESSAGE', { channel: 'job:start' }, `picture ${id}`);
      return { told: open.told, layer: layer('original', id), metadata: open.metadata };
    },
    async makeFile(shape) {
      const [file] = await makeFiles([shape]);
      if (!file) throw new Error('Expected a file but received none');
      return file;
    },
    expect: (shape) => (shape ? ahead.make(shape) : void ahead.drop()),
    discard: (file) => close({ picture: file }),
    show(told, files, other) {
      const dropped = [result?.files, before?.files];
      result = { id: told.id, files, there: told.kind === 'growing' ? [] : null };
      before = other && { id: told.id, files: other, there: null };
      for (const each of dropped) close(each);
      store.emit({ kind: 'result', result: told });
    },
    grown(id, rects) {
      if (result?.id === id) result.there?.push(...rects);
    },
    tell(id, change) {
      const { result: told } = store.get();
      if (told?.id !== id) return;
      if (change.kind === 'finished' && result?.id === id) result.there = null;
      store.emit({ kind: 'result', result: { ...told, ...change } });
    },
    drop() {
      drop();
      store.emit({ kind: 'result', result: null });
    },
    layer,
    async view({ layer: wanted, id, region, width, height }) {
      const facts = layer(wanted, id);
      const { picture, alpha } = facts;
      if (region.x + region.width > picture.width || region.y + region.height > picture.height)
        throw new AppError('BAD_MESSAGE', { channel: 'view' }, `${JSON.stringify(region)} of ${wanted}`);
      // Before it is read: what comes in between may be in it or not.
      const there = wanted === 'original' ? null : (made(wanted, id)?.there ?? null);
      const parts = there?.filter((rect) => meets(rect, region)) ?? null;
      const channels = alpha ? 4 : 3;
      // Of what is not there at all nothing is read.
      if (parts?.length === 0) return { bytes: new Uint8Array(width * height * channels), channels, there: parts };
      const { bytes } = await pixels.call('view', { ...facts, region, width, height });
      if (bytes.byteLength !== width * height * channels)
        throw new AppError('BAD_MESSAGE', { channel: 'view' }, `${bytes.byteLength} bytes of ${width} × ${height}`);
      return { bytes, channels, there: parts };
    },
  };
}

const meets = (a: Rect, b: Rect): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
