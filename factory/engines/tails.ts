/**
 * Packs engines for shipping. The portable engine of a profile is a stream of its own; each other one follows as a tail
 * (storage/tail.ts), at a tenth of the size. The same engines always make the same files, whatever lay there before.
 *
 * A run may be killed between a file and the catalog that names it, so a file that fits its entry only in the other form, tail or
 * whole, is read in that form: nothing is built again for it.
 */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { brotliCompress, constants, createBrotliCompress } from 'node:zlib';
import writeFileAtomic from 'write-file-atomic';
import type { Catalog, EngineEntry } from '../../app/catalog';
import { engineFile } from '../../app/engineFile';
import { streamEnd } from '../../storage/tail';
import { readEngine } from '../../storage/verify';
import type { EngineFolder } from './catalogFile';

/** The target that a profile's tails go on from: the one that most GPUs load. */
export const baseTarget = 'portable';

/** Brotli's ordinary window, except for an engine that is larger: then one that spans it and its like. */
function encoding(engineBytes: number) {
  const bits = Math.min(30, Math.max(constants.BROTLI_MAX_WINDOW_BITS, Math.ceil(Math.log2(2 * engineBytes))));
  const isLarge = engineBytes > 2 ** constants.BROTLI_MAX_WINDOW_BITS;
  return {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_LARGE_WINDOW]: isLarge ? 1 : 0,
      [constants.BROTLI_PARAM_LGWIN]: isLarge ? bits : constants.BROTLI_MAX_WINDOW_BITS,
    },
  };
}

/** An engine as a stream of its own, which tails can go on from. */
export const packEngine = async (engine: Uint8Array): Promise<Uint8Array> => (await packWith(engine)).whole;

/** @param base, engine both raw, not compressed. */
export const packTail = async (base: Uint8Array, engine: Uint8Array): Promise<Uint8Array> =>
  (await packWith(base, engine)).tail;

async function packWith(base: Uint8Array, next?: Uint8Array): Promise<{ whole: Uint8Array; tail: Uint8Array }> {
  const stream = createBrotliCompress(encoding(base.byteLength));
  let chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.write(base);
  await new Promise<void>((resolve) => stream.flush(constants.BROTLI_OPERATION_FLUSH, resolve));
  const whole = new Uint8Array(Buffer.concat([...chunks, Buffer.of(streamEnd)]));
  chunks = [];
  stream.end(next);
  await once(stream, 'end');
  return { whole, tail: new Uint8Array(Buffer.concat(chunks)) };
}

/** An engine in whichever form its file has. @throws AppError as `readEngine`, of the form that the entry names. */
export async function recoverEngine(folder: EngineFolder, entry: EngineEntry, catalog: Catalog): Promise<Uint8Array> {
  const file = folder.engine(entry);
  try {
    return await readEngine(file, entry);
  } catch (error) {
    const { base, ...alone } = entry;
    const likely = baseOf(entry, catalog);
    const other = base ? alone : likely && { ...alone, base: linkTo(likely) };
    if (!other) throw error;
    return readEngine(file, other).catch(() => {
      throw error;
    });
  }
}

/** Writes the changed catalog. */
type Save = (catalog: Catalog) => Promise<unknown>;

/** Makes tails of engines that stand alone beside a portable one. One that does not decode stays for the next build. */
export async function packTails(folder: EngineFolder, catalog: Catalog, save: Save): Promise<Catalog> {
  let packed = catalog;
  for (const base of catalog.engines.filter(({ target, base }) => target === baseTarget && !base)) {
    const alone = packed.engines.filter((entry) => baseOf(entry, packed) === base && !entry.base);
    if (alone.length === 0) continue;
    const raw = await recoverEngine(folder, base, packed).catch(() => null);
    if (!raw) continue;
    packed = await packGroup(folder, packed, { base, raw }, save);
  }
  return packed;
}

async function packGroup(
  folder: EngineFolder,
  catalog: Catalog,
  { base, raw }: { base: EngineEntry; raw: Uint8Array },
  save: Save,
): Promise<Catalog> {
  let packed = catalog;
  const file = folder.engine(base);
  const whole = await packEngine(raw);
  if (!Buffer.from(whole).equals(await readFile(file))) {
    // The file was compressed differently: its tails cannot be read once it is replaced.
    packed = await loosenTails(folder, packed, [engineFile(base)], save);
    await writeFileAtomic(file, Buffer.from(whole));
    packed = withEntry(packed, { ...base, compressedBytes: whole.byteLength });
    await save(packed);
  }
  for (const entry of packed.engines) {
    const own = baseOf(entry, packed);
    if (entry.base || !own || engineFile(own) !== engineFile(base)) continue;
    const engine = await recoverEngine(folder, entry, packed).catch(() => null);
    if (!engine) continue;
    const tail = await packTail(raw, engine);
    await writeFileAtomic(folder.engine(entry), Buffer.from(tail));
    packed = withEntry(packed, { ...entry, compressedBytes: tail.byteLength, base: linkTo(base) });
  }
  await save(packed);
  return packed;
}

/**
 * Lets tails stand alone again, before their base is replaced. They become tails again soon, so this compresses fast rather than well.
 * @param bases engines whose tails are meant, by their files (`engineFile`).
 */
export async function loosenTails(
  folder: EngineFolder,
  catalog: Catalog,
  bases: readonly string[],
  save: Save,
): Promise<Catalog> {
  let loose = catalog;
  for (const entry of catalog.engines) {
    if (!entry.base || !bases.includes(engineFile({ ...entry, target: entry.base.target }))) continue;
    const engine = await recoverEngine(folder, entry, loose).catch(() => null);
    const { base: _, ...alone } = entry;
    // A damaged engine counts as out of date, and is built again.
    if (!engine) loose = withEntry(loose, alone);
    else {
      const bytes = await packFast(engine);
      await writeFileAtomic(folder.engine(entry), bytes);
      loose = withEntry(loose, { ...alone, compressedBytes: bytes.byteLength });
    }
  }
  if (loose !== catalog) await save(loose);
  return loose;
}

const compress = promisify(brotliCompress);

/** A stream of its own for an engine that soon becomes a tail: made fast, not small. */
export const packFast = (engine: Uint8Array): Promise<Buffer> =>
  compress(engine, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } });

const linkTo = ({ target, engineSha256, strippedBytes }: EngineEntry): NonNullable<EngineEntry['base']> => ({
  target,
  engineSha256,
  strippedBytes,
});

const baseOf = (entry: EngineEntry, { engines }: Catalog): EngineEntry | undefined =>
  entry.target === baseTarget
    ? undefined
    : engines.find((other) => engineFile(other) === engineFile({ ...entry, target: baseTarget }) && !other.base);

const withEntry = (catalog: Catalog, entry: EngineEntry): Catalog => ({
  ...catalog,
  engines: catalog.engines.map((old) => (engineFile(old) === engineFile(entry) ? entry : old)),
});
