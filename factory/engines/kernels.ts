/**
 * Kernels compiled once, for everybody with a GPU of the same SM version: makes `engines/<model>/<profile>/<target>.<sm>.kernels.br`
 * of every engine that this machine's GPU loads, and lists them in the catalog.
 *
 *   npm run kernels [-- model…] [--out DIR]
 *
 * With --out they go to that folder alone, beside a `kernels.json` that lists them: for measurements, and to be tried on another card.
 * They hold what the engine needs with and without a CUDA graph. Without the signing key the catalog must be signed afterwards (`refit sign`).
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { brotliCompressSync, constants } from 'node:zlib';
import { z } from 'zod';
import { KernelsEntry } from '../../app/catalog';
import { kernelsFile } from '../../app/engineFile';
import { formatCapability } from '../../app/machine';
import { refit } from '../../host/refit';
import { checkGolden, openGpu } from '../../host/sessions/session';
import { readEngine, readGolden, readOnnx, sha256 } from '../../storage/verify';
import { readCatalog, withKernels, writeCatalog } from './catalogFile';
import type { Rig } from './measure';
import { openRig, type Subject } from './rig';

/** What `--out` made, and by which card. */
const KernelsList = z.strictObject({ gpu: z.string(), driver: z.string(), kernels: z.array(KernelsEntry) });
export type KernelsList = z.infer<typeof KernelsList>;

const listFile = (folder: string): string => path.join(folder, 'kernels.json');

/** @param folder that `--out` named. @throws Error where it has no list. */
export async function readKernelsList(folder: string): Promise<KernelsList> {
  return KernelsList.parse(JSON.parse(await readFile(listFile(folder), 'utf8')));
}

/** Compiles an engine's kernels on this GPU, each way that the race may open it, the golden picture right each time. */
export async function compileKernels(rig: Rig, { card, profile, entry }: Subject): Promise<Uint8Array> {
  const onnxFile = rig.paths.prepared(card.id, 'model.onnx');
  const golden = await readGolden(path.dirname(onnxFile), card, profile.id);
  const [engine, onnx] = await Promise.all([readEngine(rig.paths.engine(entry), entry), readOnnx(onnxFile, card)]);
  const { plan } = await refit(rig.binding, card.name, engine, onnx, rig.gpu.index, () => {});
  let kernels: Uint8Array | undefined;
  for (const cudaGraph of [false, true]) {
    const held = { plan, ...(kernels && { kernels }) };
    const session = await openGpu(rig.binding, card, profile, held, rig.gpu.index, cudaGraph);
    const verdict = await checkGolden(session, golden);
    if (verdict.passed) kernels = session.native.runtimeCache();
    await session.close();
    if (!verdict.passed) throw new Error(`${card.id} ${profile.id} ${entry.target}: ${verdict.detail}`);
  }
  if (!kernels) throw new Error(`${card.id}: nothing was compiled`);
  return kernels;
}

/** Compresses kernels and says what they are. */
export function packKernels(
  rig: Pick<Rig, 'gpu' | 'driver' | 'runtime'>,
  { entry }: Pick<Subject, 'entry'>,
  kernels: Uint8Array,
): { entry: KernelsEntry; compressed: Uint8Array } {
  const compressed = brotliCompressSync(kernels, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: kernels.byteLength,
    },
  });
  return {
    compressed,
    entry: {
      model: entry.model,
      profile: entry.profile,
      target: entry.target,
      sm: formatCapability(rig.gpu.computeCapability),
      runtime: rig.runtime,
      cudaVersion: rig.driver.cudaVersion,
      engineSha256: entry.engineSha256,
      sha256: sha256(kernels),
      bytes: kernels.byteLength,
      compressedBytes: compressed.byteLength,
    },
  };
}

async function main(asked: string[], out: string | undefined): Promise<void> {
  const { rig, subjects } = await openRig();
  const made: KernelsEntry[] = [];
  for (const subject of subjects) {
    if (asked.length > 0 && !asked.includes(subject.card.id)) continue;
    const { entry, compressed } = packKernels(rig, subject, await compileKernels(rig, subject));
    const file = out === undefined ? rig.paths.kernels(entry) : path.join(out, kernelsFile(entry));
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, compressed);
    made.push(entry);
    console.log(`${kernelsFile(entry)}: ${entry.bytes} → ${entry.compressedBytes} bytes`);
  }
  if (out !== undefined) {
    const list: KernelsList = { gpu: rig.gpu.name ?? '', driver: rig.driver.version ?? '', kernels: made };
    await writeFile(listFile(out), JSON.stringify(list));
    return;
  }
  const { catalogFile, modelsDir } = rig.paths;
  const signing = await writeCatalog(catalogFile, withKernels(await readCatalog(catalogFile), made), modelsDir);
  if (signing.kind === 'unsigned')
    console.log(`The catalog is not signed: ${signing.reason}. Where the key is: refit sign`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values, positionals } = parseArgs({ options: { out: { type: 'string' } }, allowPositionals: true });
  await main(positionals, values.out);
  // The addon's threads would keep the process alive.
  process.exit(0);
}
