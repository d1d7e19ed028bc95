/** Reads samples for the window and saves its results. Main alone knows paths; the window gives names and text. */
import { open } from 'node:fs/promises';
import path from 'node:path';
import { app, type BrowserWindow, dialog } from 'electron';
import type { ModelCard } from '../../app/catalog';
import type { Arguments, Results, Saved } from '../../app/contract';
import { AppError, ReportedError, toReport } from '../../app/errors';
import { isTooLong, nameFault, plainName } from '../../app/fileName';
import { coloursOf } from '../../app/metadata';
import { formatRefusal } from '../../app/pictureLimits';
import type { Result } from '../../app/states';
import { readBounded, UnfitFileError } from '../../storage/readBounded';
import { NoFileError, type Saves } from '../../storage/saveFile';
import { dialogs } from '../../words/dialogs';
import type { Host } from '../hosts/host';
import type { Paths } from '../paths';
import type { Store } from '../store';
import type { createAsker } from '../window/dialogs';
import { faultOf, nameOf } from '../window/hidePaths';
import { showInFolder } from '../window/showInFolder';
import type { Shown } from './shown';

const extensions = { png: 'png', jpeg: 'jpg', webp: 'webp', txt: 'txt', csv: 'csv', json: 'json' } as const;

export interface Pictures {
  /** @throws AppError MODEL_MISSING, INSTALL_ALTERED. */
  sample(model: string): Promise<Results['picture:sample']>;
  /**
   * Asks the person where to, and writes the result there. @throws AppError BUSY while another question is open, NAME_TOO_LONG,
   * NAME_REFUSED, DISK_FULL, SAVE_FAILED, BAD_MESSAGE where there is no finished result; ReportedError FORMAT_TOO_SMALL.
   */
  save(picture: Arguments<'picture:save'>): Promise<Saved>;
  /** Stops the picture that is being written; the file of before stays. */
  cancelSave(): void;
  /** As `save`, of the text that the window gives. */
  saveText(text: Arguments<'text:save'>): Promise<Saved>;
  /** Takes note that the text of the result is on the clipboard, so the person does not lose it with the window. */
  copied(): void;
  /** Shows in the system's file manager what was saved last. */
  showInFolder(): void;
}

/** Far more than any sample has: they are some hundred kilobytes each. */
const maxSampleBytes = 2 ** 28;

/** @param ask asks the person, one question at a time. @param hidePaths takes paths out of what the window is told. */
export function createPictures(
  window: BrowserWindow,
  ask: ReturnType<typeof createAsker>,
  cards: ModelCard[],
  paths: Paths,
  hidePaths: (told: string) => string,
  saves: Saves,
  store: Pick<Store, 'get'>,
  shown: Shown,
  host: Pick<Host, 'call' | 'tell'>,
): Pictures {
  let lastSaved: string | undefined;
  let lastId = 0;
  let savingId: number | undefined;
  let isStopped = false;

  /** Asks where to; the dialog asks again before it overwrites. @param write fills the temporary file, which then takes the name. */
  async function saveAs(
    suggestedName: string,
    format: keyof typeof extensions,
    write: (file: string) => Promise<void>,
  ): Promise<Saved> {
    const { filePath } = await ask(() =>
      dialog.showSaveDialog(window, {
        defaultPath: path.join(app.getPath('pictures'), plainName(suggestedName)),
        filters: [{ name: dialogs.fileKinds[format], extensions: [extensions[format]] }],
        properties: ['showOverwriteConfirmation', 'createDirectory'],
      }),
    );
    if (!filePath) return { kind: 'cancelled' };
    const name = path.basename(filePath);
    if (isTooLong(name, process.platform)) throw new AppError('NAME_TOO_LONG', {});
    const fault = nameFault(name, process.platform);
    if (fault) throw new AppError('NAME_REFUSED', { name, fault });
    isStopped = false;
    try {
      // A full disk or lost power must leave the old file, not half of the new one.
      const save = await saves.begin(filePath);
      try {
        await write(save.temporary);
        await save.commit();
      } catch (error) {
        await save.abandon();
        throw error;
      }
    } catch (error) {
      if (isStopped) return { kind: 'cancelled' };
      const { code, detail } = toReport(error);
      // The host knows only the temporary file's name.
      if (code === 'DISK_FULL' || code === 'SAVE_FAILED') throw new AppError(code, { file: name }, detail);
      // The host starts again, but does not go on with a save.
      if (code === 'HOST_DIED' || code === 'HOST_GAVE_UP')
        throw new AppError('SAVE_FAILED', { file: name }, [code, detail].join('\n').trim());
      if (error instanceof ReportedError || error instanceof AppError) throw error;
      const fault = nameFaultOf(error);
      if (fault === 'long') throw new AppError('NAME_TOO_LONG', {});
      if (fault) throw new AppError('NAME_REFUSED', { name, fault }, faultOf(error));
      throw new AppError('SAVE_FAILED', { file: name }, faultOf(error));
    }
    lastSaved = filePath;
    return { kind: 'saved', name, folder: nameOf(path.dirname(filePath), hidePaths) };
  }

  /** @param made the result as it was written: a person may have edited it since, and the edited one is not saved. */
  const keep = (made: Result): void => {
    if (store.get().result === made) shown.tell(made.id, { kept: true });
  };
  const keepSaved = async (made: Result | null, saving: Promise<Saved>): Promise<Saved> => {
    const saved = await saving;
    if (made && saved.kind === 'saved') keep(made);
    return saved;
  };

  return {
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
    save: async ({ suggestedName, format, quality, width, height, keepMetadata, keepPlace }) => {
      const { result, picture } = store.get();
      if (!result?.pixels || result.kind !== 'finished' || !picture)
        throw new AppError('BAD_MESSAGE', { channel: 'picture:save' }, 'no finished result');
      const refused = formatRefusal(format, width, height);
      if (refused) throw new ReportedError(refused);
      const saving = saveAs(suggestedName, format, async (file) => {
        // Looked up only now: while the person was asked, the result may have gone and its file's name be another file's.
        const layer = shown.layer('result', result.id);
        const metadata = shown.metadata(result.id);
        const id = ++lastId;
        savingId = id;
        try {
          const task = { ...layer, format, quality, size: { width, height }, file };
          const kept = keepMetadata ? metadata : coloursOf(metadata);
          await host.call('encode', {
            id,
            task: { ...task, metadata: kept, dropPlace: !keepPlace, dropCopies: result.hides !== undefined },
          });
        } finally {
          savingId = undefined;
        }
      });
      return keepSaved(result, saving);
    },
    cancelSave: () => {
      if (savingId === undefined) return;
      isStopped = true;
      host.tell('cancelEncode', { id: savingId });
    },
    saveText: ({ suggestedName, format, text }) =>
      keepSaved(
        textResult(store),
        saveAs(suggestedName, format, async (file) => {
          const handle = await open(file, 'r+');
          try {
            await handle.writeFile(text);
          } finally {
            await handle.close();
          }
        }),
      ),
    copied: () => {
      const made = textResult(store);
      if (made) keep(made);
    },
    showInFolder: () => {
      if (lastSaved) showInFolder(lastSaved);
    },
  };
}

/** The shown result, if it is text. */
function textResult(store: Pick<Store, 'get'>): Result | null {
  const { result } = store.get();
  return result?.regions ? result : null;
}

/** What the file system has against a name. A disk of another system may refuse a character that is allowed here. */
function nameFaultOf(error: unknown): 'long' | 'character' | 'taken' | undefined {
  if (error instanceof NoFileError) return 'taken';
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === 'ENAMETOOLONG') return 'long';
  return code === 'EILSEQ' || (code === 'EINVAL' && ['stat', 'rename'].includes(syscall ?? ''))
    ? 'character'
    : undefined;
}
