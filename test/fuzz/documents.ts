/** JSON by strangers: cards, catalogs, golden manifests, manifests of weight packs. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseCatalog, parseModelCard } from '../../app/catalog';
import { GoldenManifest } from '../../app/golden';
import { PackManifest } from '../../app/pack';
import { mutateBytes, mutateValue } from './mutate';
import type { Random } from './random';
import { ofFiles, refusedBy, type Target, type Verdict } from './target';

const root = path.resolve(import.meta.dirname, '..', '..');
const modelsDir = path.join(root, 'models');

/** Texts of one kind and what reads them. @param read refuses by an error with `code`, or by returning false. */
function documents(
  name: string,
  [inputs, quickInputs]: [number, number],
  seedsOf: () => string[],
  read: (text: string) => unknown,
  code = '',
): Target {
  const attempt = (text: string): Verdict => {
    try {
      return read(text) === false ? 'refused' : 'taken';
    } catch (error) {
      return refusedBy(error, code);
    }
  };
  return {
    name,
    inputs,
    quickInputs,
    open: async () => {
      const seeds = seedsOf();
      const values = seeds.map((text) => JSON.parse(text) as unknown);
      const files = seeds.map((text) => new Uint8Array(Buffer.from(text)));
      return ofFiles(
        (random) => (random.next() < 0.5 ? mutatedText(values, random) : mutateBytes(files, random)),
        (bytes) => attempt(asText(bytes)),
      );
    },
  };
}

const asText = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

/** JSON of a mutated value; a value that JSON cannot write becomes null. */
function mutatedText(values: unknown[], random: Random): Uint8Array {
  const value = mutateValue(random.pick(values), random);
  try {
    const text = JSON.stringify(value, (_, part: unknown) =>
      typeof part === 'bigint' ? String(part) : ArrayBuffer.isView(part) ? part.byteLength : part,
    );
    return Uint8Array.from(Buffer.from(text ?? ''));
  } catch {
    return Uint8Array.from(Buffer.from('[[[['));
  }
}

const cards = (): string[] =>
  readdirSync(modelsDir, { withFileTypes: true })
    .filter((folder) => folder.isDirectory() && !folder.name.startsWith('.') && !folder.name.startsWith('_'))
    .map(({ name }) => readFileSync(path.join(modelsDir, name, 'model.json'), 'utf8'));

function catalogs(): string[] {
  const text = readFileSync(path.join(root, 'engines', 'catalog.json'), 'utf8');
  const whole = JSON.parse(text) as { engines: unknown[] };
  return [text, JSON.stringify({ ...whole, engines: whole.engines.slice(0, 2) })];
}

const hash = (digit: string): string => digit.repeat(64);
const golden = {
  version: 1,
  onnxSha256: hash('a'),
  profiles: {
    tile256: {
      input: { file: 'tile256.pixels.bin', sha256: hash('b') },
      outputs: [
        { name: 'upscaled', dtype: 'uint8', elements: 3_145_728, stride: 97, file: 'o.bin', sha256: hash('c') },
      ],
    },
  },
};
export const examplePack = {
  version: 1,
  model: 'photo-x4',
  from: { onnxSha256: hash('1') },
  to: { onnxSha256: hash('2'), bytes: 5000 },
  graphSha256: hash('3'),
  tensors: [{ name: 'first.weight', offset: 700, bytes: 1728, sha256: hash('4'), compressed: true }],
  golden,
  references: [{ sha256: hash('c'), bytes: 32_000, compressed: false }],
};

export const documentTargets: Target[] = [
  documents('model cards', [12_000, 1500], cards, (text) => parseModelCard(text, 'model.json'), 'CARD_UNREADABLE'),
  documents('catalogs', [6000, 500], catalogs, (text) => parseCatalog(text, 'catalog.json'), 'CATALOG_UNREADABLE'),
  documents('golden manifests', [6000, 1000], () => [JSON.stringify(golden)], parsedBy(GoldenManifest)),
  documents('manifests of weight packs', [6000, 1000], () => [JSON.stringify(examplePack)], parsedBy(PackManifest)),
];

/** As openPack and readGolden read: either step may throw there, and both are caught. */
function parsedBy(schema: { safeParse(value: unknown): { success: boolean } }): (text: string) => boolean {
  return (text) => {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return false;
    }
    return schema.safeParse(value).success;
  };
}
