/**
 * Kernels compiled once, for everybody with a GPU of the same SM version: makes `engines/<model>/<profile>/<target>.<sm>.kernels.br`
 * of every engine that this machine's GPU loads, and lists them in the catalog.
 *
 *   npm run kernels [-- model…]
 *
 * They hold what the engine needs with and without a CUDA graph. The catalog is then to be signed again.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';
import { type Catalog, type KernelsEntry, kernelsFile, parseCatalog } from '../app/catalog';
import { formatCapability } from '../app/machine';
import { refit } from '../main/refit';
import { checkGolden, openGpu } from '../main/session';
import { readEngine, readGolden, readOnnx, sha256 } from '../main/verify';
import type { Rig } from './measure';
import { openRig, type Subject } from './rig';

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

/**
 * The catalog with these kernels in the place of those that they are newer than. What is kept belongs to an engine that is
 * still listed; the order is that of the files' names, whoever was compiled first.
 */
export function withKernels(catalog: Catalog, made: readonly KernelsEntry[]): Catalog {
  const files = new Set(made.map(kernelsFile));
  const isCurrent = (entry: KernelsEntry): boolean =>
    catalog.engines.some(({ engineSha256 }) => engineSha256 === entry.engineSha256);
  const kernels = [
    ...(catalog.kernels ?? []).filter((entry) => !files.has(kernelsFile(entry)) && isCurrent(entry)),
    ...made,
  ];
  const names = new Map(kernels.map((entry) => [entry, `${kernelsFile(entry)} ${entry.runtime}`]));
  const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  kernels.sort((a, b) => order(names.get(a) ?? '', names.get(b) ?? ''));
  const { kernels: _, ...others } = catalog;
  return { ...others, ...(kernels.length > 0 && { kernels }) };
}

async function main(asked: string[]): Promise<void> {
  const { rig, subjects } = await openRig();
  const made: KernelsEntry[] = [];
  for (const subject of subjects) {
    if (asked.length > 0 && !asked.includes(subject.card.id)) continue;
    const { entry, compressed } = packKernels(rig, subject, await compileKernels(rig, subject));
    const file = rig.paths.kernels(entry);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, compressed);
    made.push(entry);
    console.log(`${kernelsFile(entry)}: ${entry.bytes} → ${entry.compressedBytes} bytes`);
  }
  const { catalogFile } = rig.paths;
  const catalog = parseCatalog(await readFile(catalogFile, 'utf8'), path.basename(catalogFile));
  await writeFile(catalogFile, `${JSON.stringify(withKernels(catalog, made), null, 2)}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(process.argv.slice(2));
  // The addon's threads would keep the process.
  process.exit(0);
}
