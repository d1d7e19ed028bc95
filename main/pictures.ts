/** The window's pictures on disk: samples in, results out. Main alone knows paths; the window gives names and bytes. */
import path from 'node:path';
import { app, type BrowserWindow, dialog, shell } from 'electron';
import type { ModelCard } from '../app/catalog';
import type { Arguments, Results } from '../app/contract';
import { AppError } from '../app/errors';
import type { createAsker } from './dialogs';
import { faultOf, nameOf } from './hidePaths';
import type { Paths } from './paths';
import { readBounded, UnfitFileError } from './readBounded';
import { type Saves, saveFile } from './saveFile';

const extensions = { png: 'png', jpeg: 'jpg', webp: 'webp', txt: 'txt' } as const;
const filterNames = { png: 'PNG', jpeg: 'JPEG', webp: 'WebP', txt: 'Text' } as const;

export interface Pictures {
  sample(model: string): Promise<Results['picture:sample']>;
  save(picture: Arguments<'picture:save'>): Promise<Results['picture:save']>;
  showInFolder(): void;
}

/** Samples have some hundred kilobytes. */
const maxSampleBytes = 2 ** 28;

/** A window that was taken over cannot bury a person in file managers. */
const showAgainAfterMs = 1000;

/** @param ask asks the person, one question at a time. @param hidePaths what the window is told goes through. */
export function createPictures(
  window: BrowserWindow,
  ask: ReturnType<typeof createAsker>,
  cards: ModelCard[],
  paths: Paths,
  hidePaths: (told: string) => string,
  saves: Saves,
): Pictures {
  let lastSaved: string | undefined;
  let shownAt = Number.NEGATIVE_INFINITY;
  return {
    /** @throws AppError MODEL_MISSING, INSTALL_ALTERED. */
    sample: async (model) => {
      const card = cards.find(({ id }) => id === model);
      if (!card) throw new AppError('MODEL_MISSING', { model });
      const name = card.sample.file;
      const bytes = await readBounded(paths.prepared(model, name), maxSampleBytes, { follow: true }).catch(
        (error: unknown) => {
          const params = { file: name, isMissing: !(error instanceof UnfitFileError) };
          throw new AppError('INSTALL_ALTERED', params, faultOf(error));
        },
      );
      return { name, bytes };
    },
    /** Asks where to; the dialog asks again before anything is overwritten. @throws AppError BUSY, NAME_TOO_LONG, SAVE_FAILED. */
    save: async ({ suggestedName, format, bytes }) => {
      const { filePath } = await ask(() =>
        dialog.showSaveDialog(window, {
          defaultPath: path.join(app.getPath('pictures'), plainName(suggestedName)),
          filters: [{ name: filterNames[format], extensions: [extensions[format]] }],
          properties: ['showOverwriteConfirmation', 'createDirectory'],
        }),
      );
      if (!filePath) return { kind: 'cancelled' };
      const name = path.basename(filePath);
      // A full disk or a pulled plug leaves the old file, not half of the new one.
      await saveFile(saves, filePath, bytes).catch((error: unknown) => {
        const isTooLong = (error as NodeJS.ErrnoException).code === 'ENAMETOOLONG';
        throw isTooLong
          ? new AppError('NAME_TOO_LONG', {})
          : new AppError('SAVE_FAILED', { file: name }, faultOf(error));
      });
      lastSaved = filePath;
      return { kind: 'saved', name, folder: nameOf(path.dirname(filePath), hidePaths) };
    },
    showInFolder: () => {
      if (!lastSaved || performance.now() - shownAt < showAgainAfterMs) return;
      shownAt = performance.now();
      shell.showItemInFolder(lastSaved);
    },
  };
}

/** A name with nothing in it that a file system or a path could take for more. */
function plainName(suggested: string): string {
  const name = path.basename(suggested.replaceAll('\\', '/')).replace(/[<>:"|?*\p{Cc}]/gu, '_');
  return name.replace(/^\.+/, '') || 'picture';
}
