/** Pictures with a few changed bytes, opened by the window as any picture and decoded by Chromium. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { type PictureType, readHeader } from '../../app/pictureHeader';
import { refusal } from '../../app/pictureLimits';
import { isWhole } from '../../app/pictureWhole';
import { mutateBytes } from '../fuzz/mutate';
import { Random } from '../fuzz/random';
import { expect, type RunningApp, test } from './app';
import { encode, pictures } from './pictures';
import { chooseTool, openPicture, ready, run } from './steps';

const inputsOfEach = 250;
/** Limit on a picture's own size: larger ones are opened too, but take long, and these tests are about decoders. */
const maxPixels = 2 ** 21;

const types = ['image/png', 'image/jpeg', 'image/webp'] as const;

/** Good pictures of a kind: as Chromium writes them, and small ones of other programs. */
async function seedsOf(refit: RunningApp, type: PictureType): Promise<Uint8Array[]> {
  const png = encode(await pictures['fast-x4']());
  const written = await refit.window.evaluate(
    async ([bytes, kind]) => {
      const bitmap = await createImageBitmap(new Blob([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))]));
      const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
      canvas.getContext('2d')?.drawImage(bitmap, 0, 0);
      // WebP of quality 1 is another coding, without loss.
      const blobs = await Promise.all([0.8, 1].map((quality) => canvas.convertToBlob({ type: kind, quality })));
      return Promise.all(blobs.map(async (blob) => [...new Uint8Array(await blob.arrayBuffer())]));
    },
    [png.toString('base64'), type] as const,
  );
  const strange = path.join(import.meta.dirname, 'strangePictures');
  const others = await Promise.all((await readdir(strange)).map((name) => readFile(path.join(strange, name))));
  return [...written.map((bytes) => Uint8Array.from(bytes)), ...others.map((bytes) => new Uint8Array(bytes))].filter(
    (bytes) => reachesDecoder(bytes, type),
  );
}

/** Whether a file passes Refit's own checks, and so reaches Chromium's decoder, and is small. */
function reachesDecoder(bytes: Uint8Array, type: PictureType): boolean {
  const header = readHeader(bytes);
  if (header?.type !== type || header.width * header.height > maxPixels) return false;
  return refusal(header) === null && isWhole(type, bytes);
}

/** A PNG whose chunks' checksums are right, so that a decoder does not stop at the first changed byte. */
function withChecksums(bytes: Uint8Array): Uint8Array {
  const copy = Buffer.from(bytes);
  for (let at = 8; at + 12 <= copy.length; ) {
    const end = at + 8 + copy.readUInt32BE(at);
    if (end + 4 > copy.length) break;
    copy.writeUInt32BE(crc32(copy.subarray(at + 4, end)), end);
    at = end + 4;
  }
  return copy;
}

/** Mutated files, the same each time. */
function mutated(seeds: Uint8Array[], type: PictureType): Uint8Array[] {
  const random = new Random('pictures into the window', type);
  const inputs: Uint8Array[] = [];
  while (inputs.length < inputsOfEach) {
    const changed = mutateBytes(seeds, random);
    const bytes = type === 'image/png' && random.next() < 0.7 ? withChecksums(changed) : changed;
    if (reachesDecoder(bytes, type)) inputs.push(bytes);
  }
  return inputs;
}

/** The decoder's answers that the window has seen; undefined where the page had to be loaded again. */
interface Seen {
  decodes: number;
  last: { width: number; height: number } | null;
}

/** What the window's decoder says that a test hears. */
type Told =
  | { kind: 'facts'; facts: { width: number; height: number } }
  | { kind: 'failed'; error: { detail: string } }
  | { kind: 'band' | 'end' };

async function watchDecoder({ window }: RunningApp): Promise<void> {
  await window.evaluate(() => {
    const seen: Seen = Object.assign(globalThis, { seen: { decodes: 0, last: null } as Seen }).seen;
    const Plain = globalThis.Worker;
    // The app decodes in a worker, which says what came of it.
    class Watched extends Plain {
      constructor(...args: ConstructorParameters<typeof Worker>) {
        super(...args);
        this.addEventListener('message', ({ data }: MessageEvent<Told>) => {
          if (data.kind === 'facts') seen.last = { width: data.facts.width, height: data.facts.height };
          if (data.kind === 'facts' || (data.kind === 'failed' && /could not be decoded/.test(data.error.detail)))
            seen.decodes += 1;
        });
      }
    }
    Object.assign(globalThis, { Worker: Watched });
  });
}

/** Drops a file on the window. @returns how it was answered: by the picture, by words that name it, or not in half a minute. */
const drop = ({ window }: RunningApp, name: string, bytes: Uint8Array): Promise<'picture' | 'error' | 'nothing'> =>
  window.evaluate(
    async ([file, data]) => {
      const { seen } = globalThis as unknown as { seen: Seen };
      seen.last = null;
      const transfer = new DataTransfer();
      transfer.items.add(new File([Uint8Array.from(atob(data), (c) => c.charCodeAt(0))], file));
      document.body.dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: transfer }));
      const text = (id: string) => document.querySelector(`[data-testid="${id}"]`)?.textContent ?? '';
      for (const from = performance.now(); performance.now() - from < 30_000; ) {
        await new Promise((later) => setTimeout(later, 5));
        if (text('error-inline').includes(file)) return 'error';
        const last = seen.last as Seen['last'];
        if (!last || document.body.textContent?.includes(`Opening ${file}`)) continue;
        const size = `${last.width}×${last.height}`;
        // The window shows a picture a moment before it has opened it, and takes no other one until then.
        if (document.querySelector('[data-testid="start"]:disabled')) continue;
        if (text('picture-size').replaceAll(/[\s,]/g, '').includes(size)) return 'picture';
      }
      return 'nothing';
    },
    [name, Buffer.from(bytes).toString('base64')] as const,
  );

test('answers hundreds of mutated pictures that reach the decoder, each by a picture or by words, and works on', async ({
  refit,
}) => {
  await ready(refit);
  let crashed = false;
  refit.window.on('crash', () => {
    crashed = true;
  });
  const inputs: Record<string, Uint8Array[]> = {};
  for (const type of types) inputs[type] = mutated(await seedsOf(refit, type), type);
  await watchDecoder(refit);
  for (const type of types) {
    const answers = { picture: 0, error: 0, nothing: 0 };
    for (const [i, bytes] of (inputs[type] ?? []).entries())
      answers[await drop(refit, `${i}.${type.slice('image/'.length)}`, bytes)] += 1;
    console.log(`    ${type}: ${answers.picture} opened, ${answers.error} refused by the decoder`);
    expect(answers.nothing, type).toBe(0);
    expect(answers.picture, type).toBeGreaterThan(0);
    expect(answers.error, type).toBeGreaterThan(0);
  }
  const seen = await refit.window.evaluate(() => (globalThis as unknown as { seen?: Seen }).seen);
  expect(seen?.decodes).toBe(types.length * inputsOfEach);
  expect(crashed).toBe(false);
  await chooseTool(refit, 'fast-x4');
  await openPicture(refit, await pictures['fast-x4']());
  await expect(refit.window.getByTestId('error-inline')).toBeHidden();
  await run(refit);
});
