/** Mutated pictures, for the code that reads a file in the window's sandbox before Chromium decodes it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { PNG } from 'pngjs';
import { readHeader, sniff } from '../../app/pictureHeader';
import { isWhole } from '../../app/pictureWhole';
import { mutateBytes } from './mutate';
import { ofFiles, type Replay, type Target } from './target';

const root = path.resolve(import.meta.dirname, '..', '..');
const models = path.join(root, 'models');
/** Pictures that are broken or odd on purpose. */
const strange = path.join(root, 'test', 'e2e', 'strangePictures');

/** The fetched samples, cut to the part in which a changed byte may matter; strange pictures; small ones of each kind. */
function seeds(): Uint8Array[] {
  const samples = readdirSync(models)
    .map((id) => path.join(models, id, 'prepared'))
    .concat(strange)
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((file) => path.join(folder, file)))
    .filter((file) => /\.(png|jpg|webp)$/.test(file))
    .map((file) => new Uint8Array(readFileSync(file).subarray(0, 60_000)));
  const png = new Uint8Array(PNG.sync.write(new PNG({ width: 9, height: 5 })));
  const jpeg = [
    0xff, 0xd8, 0xff, 0xe0, 0, 6, 1, 2, 3, 4, 0xff, 0xc0, 0, 11, 8, 0, 16, 0, 8, 1, 1, 0x11, 0, 0xff, 0xda, 0, 2,
  ];
  const webp = (chunk: string, payload: number[]): Uint8Array =>
    Uint8Array.from([
      ...Buffer.from('RIFF'),
      ...[60, 0, 0, 0],
      ...Buffer.from(`WEBP${chunk}`),
      ...[48, 0, 0, 0],
      ...payload,
      ...new Array<number>(40).fill(7),
    ]);
  return [
    ...samples,
    png,
    Uint8Array.from([...jpeg, 1, 2, 0xff, 0, 3, 0xff, 0xd9]),
    webp('VP8 ', [0, 0, 0, 0x9d, 0x01, 0x2a, 44, 1, 200, 0]),
    webp('VP8L', [0x2f, 0x2b, 0xc1, 0x31, 0]),
    webp('VP8X', [0, 0, 0, 0, 43, 1, 0, 199, 0, 0]),
  ];
}

export const pictureTargets: Target[] = [
  {
    name: 'pictures, before they are decoded',
    inputs: 20_000,
    quickInputs: 2000,
    open: async () => {
      const good = seeds();
      const replay: Replay = (bytes) => {
        const header = readHeader(bytes);
        if (!header) return 'refused';
        const { type, width, height } = header;
        if (sniff(bytes) !== type) throw new Error('two minds about what it is');
        if (!(Number.isSafeInteger(width) && width > 0 && Number.isSafeInteger(height) && height > 0))
          throw new Error(`a picture of ${width} × ${height}`);
        return isWhole(type, bytes) ? 'taken' : 'refused';
      };
      return ofFiles((random) => mutateBytes(good, random), replay);
    },
  },
];
