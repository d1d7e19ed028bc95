/** The catalog as a file: the same engines and cards always make the same bytes. Signed where the key is at hand. */
import { readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { Catalog, type KernelsEntry, parseCatalog } from '../../app/catalog';
import { type EnginePlace, engineFile, kernelsFile } from '../../app/engineFile';
import { signatureFile, trustedKey } from '../../storage/signature';
import { sha256 } from '../../storage/verify';
import { type Signing, signBytes } from './sign';
import { byText, engineName } from './wanted';

/** A folder of engines: the repository's `engines/`, or what one machine of many built. */
export interface EngineFolder {
  dir: string;
  catalogFile: string;
  engine(entry: EnginePlace): string;
}

export const engineFolder = (dir: string): EngineFolder => ({
  dir,
  catalogFile: path.join(dir, 'catalog.json'),
  engine: (entry) => path.join(dir, ...engineFile(entry).split('/')),
});

/** A missing file is an empty catalog, because every folder starts without one. @throws AppError CATALOG_UNREADABLE. */
export async function readCatalog(file: string): Promise<Catalog> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  return text === null ? { version: 1, engines: [] } : parseCatalog(text, file);
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
  const names = new Map(kernels.map((entry) => [entry, kernelsFile(entry)]));
  kernels.sort((a, b) => byText(names.get(a) ?? '', names.get(b) ?? ''));
  const { kernels: _, ...others } = catalog;
  return { ...others, ...(kernels.length > 0 && { kernels }) };
}

/** Sorted, without times or kernels of engines that are gone, fields in the schema's order whoever made the entries. */
export function catalogText(catalog: Catalog): string {
  const engines = [...catalog.engines].sort(
    (a, b) => byText(engineName(a), engineName(b)) || byText(a.runtime, b.runtime),
  );
  return `${JSON.stringify(Catalog.parse(withKernels({ ...catalog, engines }, [])), null, 2)}\n`;
}

/**
 * Writes a catalog with the hashes of its models' cards, and its signature. Without a key it removes an old signature that
 * no longer fits, so that the catalog is plainly unsigned.
 */
export async function writeCatalog(
  file: string,
  catalog: Catalog,
  modelsDir: string,
  trusted = trustedKey,
): Promise<Signing> {
  const models = new Set(catalog.engines.map(({ model }) => model));
  const text = catalogText({ ...catalog, cards: await hashCards(modelsDir, models) });
  const before = await readFile(file, 'utf8').catch(() => '');
  await writeFileAtomic(file, text);
  const signing = await signBytes(Buffer.from(text), trusted);
  if (signing.kind === 'signed') await writeFileAtomic(signatureFile(file), `${signing.signature}\n`);
  else if (before !== text) await rm(signatureFile(file), { force: true });
  return signing;
}

async function hashCards(modelsDir: string, models: ReadonlySet<string>): Promise<Catalog['cards']> {
  const folders = (await readdir(modelsDir)).filter((name) => models.has(name)).sort(byText);
  return Promise.all(
    folders.map(async (model) => ({
      model,
      sha256: sha256(await readFile(path.join(modelsDir, model, 'model.json'))),
    })),
  );
}
