/** Mutated files: networks, engines, entries of the cache, weight packs. */
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import type { EngineEntry } from '../../app/catalog';
import { packEngine, packTail } from '../../factory/engines/tails';
import { exampleEntry, exampleIdentity, exampleRace } from '../../main/example.fixture';
import { applyPack, openPack } from '../../main/weights/pack';
import { graphSha256, outlineOnnx, readOnnxFile } from '../../native/onnx';
import { keep, readEntry } from '../../storage/cache';
import { readEngine } from '../../storage/verify';
import { tinyOnnx, tinyOnnxWithData } from '../tinyOnnx';
import { examplePack } from './documents';
import { mutateBytes, mutateValue } from './mutate';
import { ofFiles, type Replay, refusedBy, type Target, type Trial } from './target';

export const tinyNetworks = (): Uint8Array[] => [
  tinyOnnx({ factor: 0.5, offset: 10 }),
  tinyOnnx({ factor: 1, offset: 0, inputShape: [1, 32, 32, 3] }),
  tinyOnnxWithData({ factor: 0.5, offset: 10 }).onnx,
];

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A trial with a folder of its own, which is removed with it. */
async function inFolder(make: (folder: string) => Promise<Trial> | Trial): Promise<Trial> {
  const folder = await mkdtemp(path.join(tmpdir(), 'refit-fuzz-'));
  const trial = await make(folder);
  return { ...trial, close: () => rm(folder, { recursive: true, force: true }) };
}

const outlines: Target = {
  name: 'ONNX files, their outline',
  inputs: 14_000,
  quickInputs: 2000,
  open: async () => {
    const seeds = tinyNetworks();
    const replay: Replay = (bytes) => {
      try {
        const outline = outlineOnnx(bytes, 'model.onnx');
        graphSha256(bytes, outline);
        for (const { offset, bytes: length } of outline.tensors)
          if (!(offset >= 0 && offset + length <= bytes.byteLength)) throw new Error('a tensor outside of its file');
        return 'taken';
      } catch (error) {
        return refusedBy(error, 'ONNX_REFUSED');
      }
    };
    return ofFiles((random) => mutateBytes(seeds, random), replay);
  },
};

const externals: Target = {
  name: 'ONNX files with weights beside them',
  inputs: 3000,
  quickInputs: 300,
  open: () =>
    inFolder(async (folder) => {
      const model = path.join(folder, 'model');
      await mkdir(model);
      const { onnx, data } = tinyOnnxWithData({ factor: 0.5, offset: 10 });
      await writeFile(path.join(model, 'weights.bin'), data);
      await writeFile(path.join(folder, 'secret.bin'), data);
      // Names of one length, so that the file's own lengths still hold.
      const text = Buffer.from(onnx).toString('latin1');
      const named = ['../secret.x', '/etc/passwd', 'C:\\autoexec', '..\\secret.b', 'a/../../b.c', '\0eights.bin'].map(
        (name) => Uint8Array.from(Buffer.from(text.replaceAll('weights.bin', name.slice(0, 11)), 'latin1')),
      );
      const seeds = [onnx, onnx, ...named];
      const replay: Replay = async (bytes) => {
        const file = path.join(model, 'model.onnx');
        await writeFile(file, bytes);
        try {
          for (const external of (await readOnnxFile(file)).external) {
            if (path.dirname(external.file) !== model)
              throw new Error(`weights outside of the folder: ${external.file}`);
            if (external.offset + external.bytes > data.byteLength)
              throw new Error('weights past the end of their file');
          }
          return 'taken';
        } catch (error) {
          return refusedBy(error, 'ONNX_REFUSED');
        }
      };
      return ofFiles((random) => mutateBytes(seeds, random), replay);
    }),
};

const engines: Target = {
  name: 'compressed engines',
  inputs: 6000,
  quickInputs: 200,
  open: () =>
    inFolder((folder) => {
      const engine = Uint8Array.from({ length: 40_000 }, (_, i) => (i * i) % 251);
      const entry = { ...exampleEntry('photo'), engineSha256: sha256(engine), strippedBytes: engine.byteLength };
      // A file of a hundred bytes that unpacks to 64 MB.
      const bomb = brotliCompressSync(new Uint8Array(64 << 20), { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } });
      const seeds = [brotliCompressSync(engine), bomb].map((bytes) => new Uint8Array(bytes));
      const file = path.join(folder, 'portable.engine.br');
      return ofFiles((random) => mutateBytes(seeds, random), engineReplay(file, file, entry));
    }),
};

/** @param changed the file that takes the mutated bytes. @param file the engine's own. */
const engineReplay =
  (changed: string, file: string, entry: EngineEntry): Replay =>
  async (bytes) => {
    await writeFile(changed, bytes);
    try {
      const read = await readEngine(file, entry);
      if (sha256(read) !== entry.engineSha256) throw new Error('an engine that is not the one that was signed');
      return 'taken';
    } catch (error) {
      return refusedBy(error, 'ENGINE_HASH_MISMATCH');
    }
  };

/** Mutates the base or the tail, and keeps the other one good. */
const tailTarget = (mutated: 'base' | 'tail'): Target => ({
  name: `engines that are tails, the ${mutated} changed`,
  inputs: 3000,
  quickInputs: 200,
  open: () =>
    inFolder(async (folder) => {
      const base = Uint8Array.from({ length: 40_000 }, (_, i) => (i * i) % 251);
      const engine = Uint8Array.from(base, (byte, i) => (i % 1000 === 0 ? byte ^ 1 : byte));
      const entry: EngineEntry = {
        ...exampleEntry('photo'),
        target: 'ada',
        strippedBytes: engine.byteLength,
        engineSha256: sha256(engine),
        base: { target: 'portable', engineSha256: sha256(base), strippedBytes: base.byteLength },
      };
      const files = { base: path.join(folder, 'portable.engine.br'), tail: path.join(folder, 'ada.engine.br') };
      const good = { base: await packEngine(base), tail: await packTail(base, engine) };
      const bomb = await packTail(base, new Uint8Array(64 << 20));
      for (const part of ['base', 'tail'] as const) await writeFile(files[part], good[part]);
      const seeds = mutated === 'tail' ? [good.tail, bomb] : [good.base];
      return ofFiles((random) => mutateBytes(seeds, random), engineReplay(files[mutated], files.tail, entry));
    }),
});

const entries: Target = {
  name: 'entries of the cache',
  inputs: 3000,
  quickInputs: 200,
  open: () =>
    inFolder((folder) => {
      const entry = { plan: new Uint8Array(5000).fill(7), kernels: new Uint8Array(900).fill(9), race: exampleRace };
      return {
        try: async (random) => {
          const cacheDir = path.join(folder, 'cache');
          await rm(cacheDir, { recursive: true, force: true });
          await keep(cacheDir, exampleIdentity, entry);
          const { readdir, readFile } = await import('node:fs/promises');
          const dir = path.join(cacheDir, exampleIdentity.model);
          const [key = ''] = await readdir(dir);
          const file = path.join(dir, key, random.pick(await readdir(path.join(dir, key))));
          await writeFile(file, mutateBytes([new Uint8Array(await readFile(file))], random));
          const found = await readEntry(cacheDir, exampleIdentity);
          if (found.kind !== 'hit') return 'refused';
          // Parts that are not hashed decide nothing; hashed parts must be as they were.
          const { plan, kernels } = found.entry;
          if (!plan || sha256(plan) !== sha256(entry.plan) || sha256(kernels) !== sha256(entry.kernels))
            throw new Error('a plan or kernels that were not kept');
          return 'taken';
        },
      };
    }),
};

const packs: Target = {
  name: 'weight packs, signed and not',
  inputs: 3000,
  quickInputs: 300,
  open: () =>
    inFolder(async (folder) => {
      const onnx = tinyOnnx({ factor: 0.5, offset: 10 });
      const outline = outlineOnnx(onnx, 'tiny');
      const [tensor] = outline.tensors;
      if (!tensor) throw new Error('a network without weights');
      const values = onnx.slice(tensor.offset, tensor.offset + tensor.bytes).fill(1);
      const patched = Uint8Array.from(onnx);
      patched.set(values, tensor.offset);
      const object = { sha256: sha256(values), bytes: tensor.bytes, compressed: true };
      const manifest = {
        ...examplePack,
        from: { onnxSha256: sha256(onnx) },
        to: { onnxSha256: sha256(patched), bytes: onnx.byteLength },
        graphSha256: graphSha256(onnx, outline),
        tensors: [{ ...object, name: tensor.name, offset: tensor.offset }],
      };
      const { privateKey, publicKey } = generateKeyPairSync('ed25519');
      const key = publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
      const packed = new Uint8Array(brotliCompressSync(values));
      const good = Buffer.from(JSON.stringify(manifest));
      await mkdir(path.join(folder, 'objects'));
      return {
        try: async (random) => {
          const isSignedAfter = random.next() < 0.7;
          const changed = random.next() < 0.7 ? asJson(mutateValue(manifest, random)) : Buffer.from(good);
          const bytes = random.next() < 0.2 ? Buffer.from(mutateBytes([good], random)) : changed;
          const signature = sign(null, isSignedAfter ? bytes : good, privateKey);
          const signatureText = random.next() < 0.1 ? mutateBytes([signature], random) : signature.toString('base64');
          await writeFile(path.join(folder, 'manifest.json'), bytes);
          await writeFile(path.join(folder, 'manifest.json.sig'), signatureText);
          const stored = random.next() < 0.5 ? mutateBytes([packed], random) : packed;
          await writeFile(path.join(folder, 'objects', `${object.sha256}.br`), stored);
          try {
            const made = await applyPack(await openPack(folder, key), 'photo-x4', onnx);
            if (sha256(made) !== sha256(patched)) throw new Error('another network than the one that was signed');
            return 'taken';
          } catch (error) {
            return refusedBy(error, 'PACK_REFUSED');
          }
        },
      };
    }),
};

function asJson(value: unknown): Buffer {
  try {
    return Buffer.from(JSON.stringify(value) ?? '');
  } catch {
    return Buffer.from('{');
  }
}

export const fileTargets: Target[] = [
  outlines,
  externals,
  engines,
  tailTarget('base'),
  tailTarget('tail'),
  entries,
  packs,
];
