/** One host's mapped picture files. A mapping is made once and kept until main says that it removes the file. */
import type { MappedPicture, PictureFacts, PixelsBinding } from '../../native/pixels';

/** Where a layer's pixels lie. */
export interface Layer {
  picture: PictureFacts;
  /** One channel. If its size differs, it is resized to the picture's. */
  alpha?: PictureFacts;
}

export class Maps {
  private readonly open = new Map<string, MappedPicture>();

  constructor(readonly pixels: PixelsBinding) {}

  /** @throws NativeError FILE_FAILED, BAD_ARGUMENT; so does `write`. */
  read(facts: PictureFacts): MappedPicture {
    return this.get(facts, 'read');
  }

  write(facts: PictureFacts): MappedPicture {
    return this.get(facts, 'write');
  }

  /** To be called before another file gets this name. */
  forget(file: string): void {
    for (const access of ['read', 'write']) {
      const key = `${access} ${file}`;
      this.open.get(key)?.close();
      this.open.delete(key);
    }
  }

  private get(facts: PictureFacts, access: 'read' | 'write'): MappedPicture {
    const key = `${access} ${facts.file}`;
    let picture = this.open.get(key);
    if (!picture) {
      picture = this.pixels.openPicture(facts, access);
      this.open.set(key, picture);
    }
    return picture;
  }
}
