/** Reads rows and chunks of PNG files of any size, and adds chunks, without the whole picture in memory. */
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { crc32, createInflate } from 'node:zlib';

export interface Chunk {
  name: string;
  data: Buffer;
}

function written({ name, data }: Chunk): Buffer {
  const bytes = Buffer.alloc(12 + data.length);
  bytes.writeUInt32BE(data.length, 0);
  bytes.write(name, 4, 'latin1');
  data.copy(bytes, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, 8 + data.length)), 8 + data.length);
  return bytes;
}

/** The same pixels with these chunks after the header, and no others. */
export function withChunks(png: Buffer, chunks: Chunk[]): Buffer {
  const header = 8 + 25;
  const pixels: Buffer[] = [];
  for (let at = header; at < png.length; ) {
    const end = at + 12 + png.readUInt32BE(at);
    if (['IDAT', 'IEND'].includes(png.toString('latin1', at + 4, at + 8))) pixels.push(png.subarray(at, end));
    at = end;
  }
  return Buffer.concat([png.subarray(0, header), ...chunks.map(written), ...pixels]);
}

/** @param onChunk gets each chunk without pixels. @returns rows of 8-bit RGB, each valid until the next is asked for. */
export async function* rowsOf(file: string, width: number, onChunk: (chunk: Chunk) => void): AsyncGenerator<Buffer> {
  const bytes = 3 * width;
  let [line, above, filled] = [Buffer.alloc(1 + bytes), Buffer.alloc(1 + bytes), 0];
  const inflate = Readable.from(pixelBytes(file, onChunk)).pipe(createInflate({ chunkSize: 1 << 20 }));
  for await (const piece of inflate as AsyncIterable<Buffer>)
    for (let from = 0; from < piece.length; ) {
      const count = Math.min(piece.length - from, line.length - filled);
      piece.copy(line, filled, from, from + count);
      from += count;
      filled += count;
      if (filled < line.length) continue;
      unfilter(line, above);
      yield line.subarray(1);
      [line, above, filled] = [above, line, 0];
    }
}

async function* pixelBytes(file: string, onChunk: (chunk: Chunk) => void): AsyncGenerator<Buffer> {
  const handle = await open(file);
  try {
    for (let at = 8; ; ) {
      const head = Buffer.alloc(8);
      if ((await handle.read(head, 0, 8, at)).bytesRead < 8) return;
      const [length, name] = [head.readUInt32BE(0), head.toString('latin1', 4)];
      const most = name === 'IDAT' ? 1 << 20 : length;
      for (let done = 0; done < length; done += most) {
        const data = Buffer.alloc(Math.min(most, length - done));
        await handle.read(data, 0, data.length, at + 8 + done);
        if (name === 'IDAT') yield data;
        else onChunk({ name, data });
      }
      at += 12 + length;
    }
  } finally {
    await handle.close();
  }
}

/** Undoes a row's filter in place. The first byte names the filter; a pixel has three bytes. */
function unfilter(line: Buffer, above: Buffer): void {
  const filter = line[0];
  if (filter === 0) return;
  if (filter === 2) {
    for (let i = 1; i < line.length; i++) line[i] = (line[i] as number) + (above[i] as number);
    return;
  }
  for (let i = 1; i < line.length; i++) {
    const left = i > 3 ? (line[i - 3] as number) : 0;
    const up = above[i] as number;
    const corner = i > 3 ? (above[i - 3] as number) : 0;
    let guess = 0;
    if (filter === 1) guess = left;
    else if (filter === 2) guess = up;
    else if (filter === 3) guess = (left + up) >> 1;
    else {
      const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
      guess = a <= b && a <= c ? left : b <= c ? up : corner;
    }
    line[i] = (line[i] as number) + guess;
  }
}
