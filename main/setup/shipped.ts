/**
 * Reads what ships with the app: the catalog and the model cards. A broken card costs one tool, a catalog that was not signed
 * by us costs the GPU, neither ever the app.
 */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { type Catalog, type ModelCard, parseCatalog, parseModelCard } from '../../app/catalog';
import { AppError, type ErrorReport, toReport } from '../../app/errors';
import { readBounded, readText, UnfitFileError } from '../../storage/readBounded';
import { isSigned, maxSignatureBytes, signatureFile, trustedKey } from '../../storage/signature';
import { sha256 } from '../../storage/verify';
import type { Paths } from '../paths';

export interface Shipped {
  cards: ModelCard[];
  catalog: Catalog;
  /** Why the catalog is empty, where it could not be used at all. */
  catalogFault?: ErrorReport;
  /** What could not be read, for the screen to say; the catalog's fault among them. */
  notices: ErrorReport[];
}

/**
 * Never throws: a catalog that is unreadable or not signed is an empty one (the processor works), an unreadable card is left
 * out, and a card that the signed catalog does not know gets no engines.
 * @param key whose signature the catalog must have (`trustedKey`'s form). Null asks for none: for tools that make catalogs.
 */
export async function readShipped(paths: Paths, key: string | null = trustedKey): Promise<Shipped> {
  const notices: ErrorReport[] = [];
  const noted = async <T>(read: () => Promise<T>): Promise<T | null> => {
    try {
      return await read();
    } catch (error) {
      notices.push(toReport(error));
      return null;
    }
  };

  let catalog = await noted(async () => {
    const bytes = await read(paths.catalogFile, (file, detail) => new AppError('CATALOG_UNREADABLE', { file }, detail));
    if (key !== null) await assertSigned(paths.catalogFile, bytes, key);
    return parseCatalog(bytes.toString('utf8'), 'catalog.json');
  });
  const catalogFault = notices[0];

  const folders = (await noted(() => readdir(paths.modelsDir, { withFileTypes: true }))) ?? [];
  const cards: ModelCard[] = [];
  for (const folder of folders) {
    if (!folder.isDirectory() || folder.name.startsWith('_') || folder.name.startsWith('.')) continue;
    const file = `models/${folder.name}/model.json`;
    const card = await noted(async () => {
      const unreadable = (_: string, detail: string) => new AppError('CARD_UNREADABLE', { file }, detail);
      const bytes = await read(path.join(paths.modelsDir, folder.name, 'model.json'), unreadable);
      const parsed = parseModelCard(bytes.toString('utf8'), file);
      if (parsed.id !== folder.name)
        throw new AppError('CARD_UNREADABLE', { file }, `id is ${parsed.id}, its folder ${folder.name}`);
      if (catalog && key !== null && !isKnown(catalog, parsed.id, sha256(bytes))) {
        notices.push(new AppError('CARD_ALTERED', { file }).toReport());
        catalog = { ...catalog, engines: catalog.engines.filter(({ model }) => model !== parsed.id) };
      }
      return parsed;
    });
    if (card) cards.push(card);
  }
  cards.sort((a, b) => a.order - b.order || a.id.localeCompare(b.id));
  return { cards, catalog: catalog ?? { version: 1, engines: [] }, ...(catalogFault && { catalogFault }), notices };
}

/** @throws AppError CATALOG_UNSIGNED, CATALOG_ALTERED. */
async function assertSigned(catalogFile: string, bytes: Uint8Array, key: string): Promise<void> {
  const file = signatureFile(catalogFile);
  const signature = await readText(file, maxSignatureBytes, { follow: true }).catch((error: unknown) => {
    throw new AppError('CATALOG_UNSIGNED', { file: 'catalog.json' }, String(error));
  });
  if (!isSigned(bytes, signature, key))
    throw new AppError('CATALOG_ALTERED', { file: 'catalog.json' }, `sha256 ${sha256(bytes)}, not what was signed`);
}

/**
 * Whether a card is the one that was signed with the catalog: it decides how far an engine's picture may be off. A model
 * without engines, as one that is being added, has nothing to decide yet.
 */
const isKnown = ({ engines, cards = [] }: Catalog, model: string, hash: string): boolean =>
  !engines.some((entry) => entry.model === model) || cards.some((card) => card.model === model && card.sha256 === hash);

/** A catalog has half a kilobyte an engine, a card some kilobytes. */
const maxBytes = 2 ** 24;

/** @param unreadable makes the error for a pipe, a device or an endless file in its place. @throws it; AppError FILE_MISSING. */
async function read(file: string, unreadable: (file: string, detail: string) => AppError): Promise<Buffer> {
  try {
    return await readBounded(file, maxBytes, { follow: true });
  } catch (error) {
    if (error instanceof UnfitFileError) throw unreadable(path.basename(file), error.message);
    throw new AppError('FILE_MISSING', { file: path.basename(file) }, String(error));
  }
}
