/** Reads what ships with the app: the catalog and the model cards. A broken card costs one tool, never the app. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Catalog, type ModelCard, parseCatalog, parseModelCard } from '../app/catalog';
import { AppError, type ErrorReport, toReport } from '../app/errors';
import type { Paths } from './paths';

export interface Shipped {
  cards: ModelCard[];
  catalog: Catalog;
  /** What could not be read, for the screen to say. */
  notices: ErrorReport[];
}

/** Never throws: an unreadable catalog is an empty one (the processor works), an unreadable card is left out. */
export async function readShipped(paths: Paths): Promise<Shipped> {
  const notices: ErrorReport[] = [];
  const noted = async <T>(read: () => Promise<T>): Promise<T | null> => {
    try {
      return await read();
    } catch (error) {
      notices.push(toReport(error));
      return null;
    }
  };

  const catalog = await noted(async () => parseCatalog(await readText(paths.catalogFile), 'catalog.json'));
  const folders = (await noted(() => readdir(paths.modelsDir, { withFileTypes: true }))) ?? [];
  const cards: ModelCard[] = [];
  for (const folder of folders) {
    if (!folder.isDirectory() || folder.name.startsWith('_') || folder.name.startsWith('.')) continue;
    const file = path.join(paths.modelsDir, folder.name, 'model.json');
    const name = `models/${folder.name}/model.json`;
    const card = await noted(async () => {
      const parsed = parseModelCard(await readText(file), name);
      if (parsed.id === folder.name) return parsed;
      throw new AppError('CARD_UNREADABLE', { file: name }, `id is ${parsed.id}, its folder ${folder.name}`);
    });
    if (card) cards.push(card);
  }
  cards.sort((a, b) => a.order - b.order || a.id.localeCompare(b.id));
  return { cards, catalog: catalog ?? { version: 1, engines: [] }, notices };
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new AppError('FILE_MISSING', { file: path.basename(file) }, String(error));
  }
}
