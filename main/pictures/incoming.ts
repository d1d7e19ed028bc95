/**
 * A picture that a sandboxed page decodes. Its rows come here by messages from the window, and from the workshop straight to the host that
 * writes them; they are believed as little as the page.
 */
import type { Arguments } from '../../app/contract';
import { AppError } from '../../app/errors';
import type { PictureMetadata } from '../../app/metadata';
import { pictureBytes } from '../../app/pictureFile';
import { type PictureRows, rowsFault } from '../../app/pictureRows';
import type { OpenPicture } from '../../app/states';
import type { Host } from '../hosts/host';
import type { PictureFile, PictureShape } from './pictureFile';
import type { Receive, Receiving } from './receive';

/** A picture that is whole. */
export interface Opened {
  picture: PictureFile;
  alpha: PictureFile | undefined;
  told: OpenPicture;
  metadata: PictureMetadata;
}

export interface IncomingParts {
  /** Room for all of them, or none. @throws AppError PICTURE_NEEDS_ROOM. */
  makeFiles(shapes: PictureShape[]): Promise<PictureFile[]>;
  /** Closes a file once no host has it open. */
  close(file: PictureFile): void;
  pixels: Pick<Host, 'call'>;
}

export class Incoming {
  private isGone = false;
  private receiving: Receiving | undefined;

  private constructor(
    private picture: PictureFile,
    private readonly alpha: PictureFile | undefined,
    readonly told: OpenPicture,
    private readonly metadata: PictureMetadata,
    private readonly parts: IncomingParts,
  ) {}

  /**
   * Makes room for it.
   * @param over aborts when nobody waits for it any more. @throws AppError PICTURE_NEEDS_ROOM; `over`'s reason, and no file stays.
   */
  static async begin(
    { metadata, alpha: hasAlpha, ...facts }: Arguments<'picture:create'>,
    id: number,
    parts: IncomingParts,
    over?: AbortSignal,
  ): Promise<Incoming> {
    const { width, height } = facts;
    const shapes: PictureShape[] = [{ width, height, channels: 3 }];
    if (hasAlpha) shapes.push({ width, height, channels: 1 });
    const [picture, alpha] = await parts.makeFiles(shapes);
    if (!picture) throw new Error('Expected a file but received none');
    const incoming = new Incoming(picture, alpha, { ...facts, transparent: false, id }, metadata, parts);
    if (over?.aborted) incoming.abandon();
    over?.throwIfAborted();
    return incoming;
  }

  /** Whole rows from `y` on. @throws AppError BAD_MESSAGE, PICTURE_NEEDS_ROOM where memory or disk has run full meanwhile. */
  async rows(rows: PictureRows): Promise<void> {
    const { width, height } = this.told;
    const fault = rowsFault(this.told, this.alpha !== undefined, rows);
    if (fault !== undefined) throw new AppError('BAD_MESSAGE', { channel: 'picture:rows' }, fault);
    const { y, rgb, alpha } = rows;
    try {
      await this.picture.writeRows(y, rgb);
      if (alpha) await this.alpha?.writeRows(y, alpha);
    } catch (error) {
      // Others may have taken what was free when it was begun.
      if (!['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      throw new AppError(
        'PICTURE_NEEDS_ROOM',
        { neededBytes: pictureBytes(width, height, 3), freeBytes: 0 },
        String(error),
      );
    }
  }

  /** Has a host write the rows that a page sends by the port. */
  receive(receive: Receive): Receiving {
    const { picture, alpha } = this;
    this.receiving = receive({ picture: picture.facts, ...(alpha && { alpha: alpha.facts }) });
    return this.receiving;
  }

  /**
   * Carries colours under the transparency, so that nothing is mixed with the black that a decoder leaves there. All rows are there by
   * then. @throws AppError BAD_MESSAGE where it is abandoned meanwhile, PICTURE_NEEDS_ROOM, HOST_DIED.
   */
  async carry(transparent: boolean): Promise<void> {
    const { picture, alpha, parts } = this;
    if (!transparent || !alpha) return;
    const { width, height } = picture.facts;
    const [carried] = await parts.makeFiles([{ width, height, channels: 3 }]);
    if (!carried) throw new Error('Expected a file but received none');
    try {
      await parts.pixels.call('carry', { picture: picture.facts, alpha: alpha.facts, to: carried.facts });
      if (this.isGone || this.picture !== picture)
        throw new AppError('BAD_MESSAGE', { channel: 'picture:ready' }, `twice ${this.told.id}`);
      this.picture = carried;
    } catch (error) {
      parts.close(carried);
      throw error;
    }
    parts.close(picture);
  }

  /** It is whole, and whoever called this has its files. */
  ready(transparent: boolean): Opened {
    this.isGone = true;
    const { picture, alpha, metadata } = this;
    const shines = transparent && alpha !== undefined;
    if (alpha && !shines) this.parts.close(alpha);
    return { picture, alpha: shines ? alpha : undefined, told: { ...this.told, transparent: shines }, metadata };
  }

  /** Its files go, unless they are somebody's by now. */
  abandon(): void {
    if (this.isGone) return;
    this.isGone = true;
    const close = (): void => {
      this.parts.close(this.picture);
      if (this.alpha) this.parts.close(this.alpha);
    };
    const { receiving } = this;
    // A host has them open until it has heard that.
    receiving?.end();
    if (receiving) void receiving.over.then(close, close);
    else close();
  }
}
