/**
 * The pictures that the window can look at: the open one, what a tool makes of it, and what another version of the tool's weights made
 * of it. Their pixels lie in files (pictureFile.ts), each kept as long as it can be seen.
 */
import type { Arguments, Layer, View } from '../../app/contract';
import { AppError } from '../../app/errors';
import { coloursOf, type PictureMetadata } from '../../app/metadata';
import type { OpenPicture, Result } from '../../app/states';
import type { Rect } from '../../app/tiles';
import type { PictureFacts } from '../../native/pixels';
import type { Host } from '../hosts/host';
import type { Store } from '../store';
import { Incoming, type Opened } from './incoming';
import { createFiles, type PictureFile, type PictureShape, type Places } from './pictureFile';
import type { Receive, Receiving } from './receive';
import { createResultRoom } from './resultRoom';

/** Where a layer's pixels lie. */
export interface LayerFacts {
  picture: PictureFacts;
  /** One channel. That of an enlarged picture still has the size of the source. */
  alpha?: PictureFacts;
}

/** A layer's files. `original` is the open picture's own file, where a tool leaves it as it is. */
export interface Files {
  picture: PictureFile | 'original';
  alpha?: PictureFile | 'original' | undefined;
  /** What its own file says of it, of a result that was saved and read again; omitted: the open picture's. */
  metadata?: PictureMetadata;
}

interface Made {
  id: number;
  files: Files;
  /** The parts that have arrived; null means all. */
  there: Rect[] | null;
}

export interface Shown {
  /** Makes files for a picture that the window decodes; drops one begun before and never shown. @throws AppError PICTURE_NEEDS_ROOM. */
  create(asked: Arguments<'picture:create'>): Promise<{ id: number }>;
  /** Writes decoded rows. @throws AppError BAD_MESSAGE, PICTURE_NEEDS_ROOM where memory or disk has run full meanwhile. */
  rows(asked: Arguments<'picture:rows'>): Promise<void>;
  /** Has a host write the rows of a picture that was begun. @throws AppError BAD_MESSAGE. */
  receive(id: number, receive: Receive): Receiving;
  /**
   * Carries the colours of opaque pixels under transparent ones, where decoders leave black, so that nothing mixes that black in.
   * Call it once all rows are there. @throws AppError BAD_MESSAGE, PICTURE_NEEDS_ROOM, HOST_DIED.
   */
  carry(picture: Arguments<'picture:ready'>): Promise<void>;
  /** Opens the picture that was begun; drops the one before and its result. @throws AppError BAD_MESSAGE. */
  ready(picture: Arguments<'picture:ready'>): void;
  /** Gives back the files of a picture that was begun and will not be opened. Does nothing where another was begun, or it is open. */
  abandon(id: number): void;
  /** The open picture. @throws AppError BAD_MESSAGE where another one is open. */
  opened(id: number): { told: OpenPicture; layer: LayerFacts; metadata: PictureMetadata };
  /** Makes a file for a result. @throws AppError PICTURE_NEEDS_ROOM. */
  makeFile(shape: PictureShape): Promise<PictureFile>;
  /** Makes the files of one result: all of them or none. @throws AppError PICTURE_NEEDS_ROOM. */
  makeFiles(shapes: PictureShape[]): Promise<PictureFile[]>;
  /** Allocates the file of a likely result ahead; null gives it back, since no result is likely. */
  expect(shape: PictureShape | null): void;
  /** Gives back a file of `makeFile` that is not shown after all. */
  discard(file: PictureFile): void;
  /** Shows a result instead of the one before. @param before what another version of the weights made, of a comparison. */
  show(result: Result, files: Files, before?: Files): void;
  /** Adds parts that have arrived of a growing result. */
  grown(id: number, rects: readonly Rect[]): void;
  /** Changes what the window is told of the result, if it is still shown. */
  tell(id: number, change: Partial<Result>): void;
  /** Drops the result. */
  drop(): void;
  /**
   * The finished result becomes the open picture, for another tool. Of one that hides people only the colour profile stays of what its
   * file said. @param nameOf names it. @throws AppError BAD_MESSAGE where there is none, PICTURE_NEEDS_ROOM, HOST_DIED.
   */
  use(nameOf: (picture: OpenPicture, result: Result) => string): Promise<void>;
  /** A layer's files, to be read. @throws AppError BAD_MESSAGE where there is none of that id. */
  layer(layer: Layer, id: number): LayerFacts;
  /** What a file of this result may say of it. @throws AppError BAD_MESSAGE where there is none of that id. */
  metadata(id: number): PictureMetadata;
  /**
   * A region of a layer at the asked size, and which parts of it have arrived. @throws AppError BAD_MESSAGE where there is no such layer
   * or it has no such region, HOST_DIED.
   */
  view(asked: Arguments<'view'>): Promise<View>;
}

/**
 * @param pixels the host that makes views. @param forget resolves once no host opens or keeps a file. The file is closed only then,
 * since its descriptor's number, by which hosts open it, may soon be another file's.
 */
export function createShown(
  store: Store,
  pixels: Pick<Host, 'call'>,
  places: Places,
  forget: (file: PictureFacts) => Promise<void>,
): Shown {
  const resultRoom = createResultRoom(places);
  let lastId = 0;
  let begun: Incoming | undefined;
  let open: Opened | undefined;
  let result: Made | undefined;
  let before: Made | undefined;

  function close(files: { [F in 'picture' | 'alpha']?: Files[F] | undefined } | undefined): void {
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
    // Taken or given back first: its memory must not count as taken while the rest looks for room.
    const allocated = shape && others.length === 0 ? await resultRoom.take(shape) : await resultRoom.drop();
    if (allocated) return [allocated];
    return createFiles(shapes, places);
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
    receive: (id, receive) => known('picture:ready', id).receive(receive),
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
    abandon(id) {
      if (begun?.told.id === id) abandon();
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
    makeFiles,
    expect: (shape) => (shape ? resultRoom.make(shape) : void resultRoom.drop()),
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
    async use(nameOf) {
      const refuse = () => new AppError('BAD_MESSAGE', { channel: 'result:use' }, 'no finished result');
      const finished = () => {
        const told = store.get().result;
        if (!open || !told || told.kind !== 'finished' || !told.pixels || result?.id !== told.id) throw refuse();
        return { told, made: result, from: open };
      };
      const { told, made } = finished();
      const facts = layer('result', told.id);
      const { width, height } = facts.picture;
      const files: { picture?: PictureFile | undefined; alpha?: PictureFile | undefined } = {};
      try {
        let { alpha } = facts;
        if (alpha && (alpha.width !== width || alpha.height !== height)) {
          // The next tool reads colours and alpha alike.
          [files.alpha] = await makeFiles([{ width, height, channels: 1 }]);
          if (files.alpha) await pixels.call('fullAlpha', { alpha, to: files.alpha.facts });
          alpha = files.alpha?.facts;
        }
        if (alpha) {
          // What was cut out has other colours under its transparency than around it.
          [files.picture] = await makeFiles([{ width, height, channels: 3 }]);
          if (files.picture) await pixels.call('carry', { picture: facts.picture, alpha, to: files.picture.facts });
        }
        // Another may be open by now.
        if (finished().made !== made) throw refuse();
      } catch (error) {
        close(files);
        // Where another is open by now, that is the reason to tell.
        if (finished().made !== made) throw refuse();
        throw error;
      }
      const { from } = finished();
      const owned = (file: PictureFile | 'original' | undefined, original: PictureFile | undefined) =>
        file === 'original' ? original : file;
      const picture = files.picture ?? owned(made.files.picture, from.picture) ?? from.picture;
      const alpha = files.alpha ?? owned(made.files.alpha, from.alpha);
      const next: Opened = {
        picture,
        alpha,
        told: {
          ...from.told,
          id: ++lastId,
          name: nameOf(from.told, told),
          width,
          height,
          notes: [],
          transparent: facts.alpha !== undefined,
        },
        metadata: told.hides ? coloursOf(from.metadata) : (made.files.metadata ?? from.metadata),
      };
      const gone = [
        from.picture,
        from.alpha,
        made.files.picture,
        made.files.alpha,
        before?.files.picture,
        before?.files.alpha,
      ];
      result = undefined;
      before = undefined;
      open = next;
      for (const file of new Set(gone))
        if (file && file !== 'original' && file !== next.picture && file !== next.alpha) close({ picture: file });
      store.emit({ kind: 'picture', picture: next.told });
    },
    layer,
    metadata(id) {
      const files = made('result', id)?.files;
      if (!files || !open) throw new AppError('BAD_MESSAGE', { channel: 'picture:save' }, `result ${id}`);
      return files.metadata ?? open.metadata;
    },
    async view({ layer: wanted, id, region, width, height }) {
      const facts = layer(wanted, id);
      const { picture, alpha } = facts;
      if (region.x + region.width > picture.width || region.y + region.height > picture.height)
        throw new AppError('BAD_MESSAGE', { channel: 'view' }, `${JSON.stringify(region)} of ${wanted}`);
      // Asked before the pixels are read: a part that arrives in between may be in them or not.
      const there = wanted === 'original' ? null : (made(wanted, id)?.there ?? null);
      const parts = there?.filter((rect) => meets(rect, region)) ?? null;
      const channels = alpha ? 4 : 3;
      // Nothing has arrived there, so there is nothing to read.
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
