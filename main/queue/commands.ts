/** Answers the window's commands of the queue. */
import path from 'node:path';
import type { BrowserWindow, OpenDialogOptions } from 'electron';
import { dialog } from 'electron';
import { AppError, toReport } from '../../app/errors';
import type { Result } from '../../app/states';
import { dialogs } from '../../words/dialogs';
import type { Host } from '../hosts/host';
import { Incoming } from '../pictures/incoming';
import type { OpenFile } from '../pictures/openFile';
import type { PictureFile } from '../pictures/pictureFile';
import type { Receive } from '../pictures/receive';
import type { Shown } from '../pictures/shown';
import type { Handlers } from '../window/answer';
import type { createAsker } from '../window/dialogs';
import { showInFolder } from '../window/showInFolder';
import type { Queue } from './queue';
import type { Workshop } from './workshop';

type QueueChannel = Extract<keyof Handlers, `queue:${string}`>;

export interface QueueCommandParts {
  queue: Queue;
  /** Adds to the queue. */
  add(paths: readonly string[], before: number | null): Promise<void>;
  workshop: Workshop;
  openFile: OpenFile;
  window: BrowserWindow;
  /** Asks the person, one question at a time. */
  ask: ReturnType<typeof createAsker>;
  shown: Shown;
  /** Id of the picture that is open. */
  openPicture(): number | undefined;
  pictureHost: Pick<Host, 'call'>;
  receive: Receive;
  nextId(): number;
  /** @throws AppError BUSY while a job of the shown picture runs. */
  requireIdle(): void;
  log(error: unknown): void;
  /** Takes paths out of what the window is told. */
  hidePaths<T>(told: T): T;
}

const endings = ['png', 'jpg', 'jpeg', 'jpe', 'jfif', 'webp'];

export function queueCommands({
  queue,
  add,
  workshop,
  openFile,
  window,
  ask,
  shown,
  openPicture,
  pictureHost,
  receive,
  nextId,
  requireIdle,
  log,
  hidePaths,
}: QueueCommandParts): Pick<Handlers, QueueChannel> {
  let looked: { item: number; picture: number } | undefined;

  const choose = async (
    properties: OpenDialogOptions['properties'] & object,
    isPictures: boolean,
  ): Promise<string[]> => {
    const filters = isPictures ? [{ name: dialogs.pictures, extensions: endings }] : [];
    const { filePaths, canceled } = await ask(() => dialog.showOpenDialog(window, { properties, filters }));
    return canceled ? [] : filePaths;
  };
  const background = (work: Promise<void>): null => {
    work.catch(log);
    return null;
  };

  /** Opens an item's file as the picture that the person looks at, and beside it what was made of it, if that is saved. */
  async function look(id: number): Promise<void> {
    const files = queue.filesOf(id);
    if (!files) throw new AppError('BAD_MESSAGE', { channel: 'queue:look' }, `item ${id}`);
    const item = queue.get().items.find((each) => each.id === id);
    const { picture, signal } = await openFile(files.file, item?.name ?? '');
    looked = { item: id, picture };
    const steps = item?.steps ?? queue.get().settings?.recipe.steps;
    const model = steps?.at(-1)?.model;
    if (files.saved !== null && model !== undefined) await showSaved(files.saved, model, picture, signal);
  }

  /** Shows a saved file as the result of the picture that is open. One that is gone or is no picture shows nothing. */
  async function showSaved(file: string, model: string, picture: number, signal: AbortSignal): Promise<void> {
    const made: PictureFile[] = [];
    let incoming: Incoming | undefined;
    const close = (each: PictureFile): void => shown.discard(each);
    try {
      const { transparent } = await workshop.open(
        file,
        // No picture is without a name, though this one's is not shown.
        path.basename(file),
        {
          facts: async (facts, over) => {
            incoming?.abandon();
            const parts = { makeFiles: shown.makeFiles, close, pixels: pictureHost };
            incoming = await Incoming.begin(facts, picture, parts, over);
            return incoming.receive(receive);
          },
        },
        signal,
      );
      const opened = incoming?.ready(transparent);
      if (!opened) return;
      made.push(opened.picture, ...(opened.alpha ? [opened.alpha] : []));
      // Another may be open by now.
      shown.opened(picture);
      const { width, height } = opened.told;
      const result: Result = {
        id: nextId(),
        model,
        width,
        height,
        kind: 'finished',
        pixels: true,
        transparent: opened.alpha !== undefined,
        note: null,
        kept: true,
      };
      // The original's metadata may hold what the recipe left out: the place, a small picture of people who are hidden.
      shown.show(result, { picture: opened.picture, alpha: opened.alpha, metadata: opened.metadata });
    } catch (error) {
      incoming?.abandon();
      for (const each of made) close(each);
      log(toReport(error).detail);
    }
  }

  return {
    'queue:get': () => {
      const { items, ...rest } = queue.get();
      // Only reasons hold paths, and to look through all of a hundred thousand items would take main a second.
      const told = items.map((item) => (item.state.kind === 'failed' ? hidePaths(item) : item));
      return { ...hidePaths(rest), items: told };
    },
    'queue:choose': async ({ what, before }) => {
      const paths = await (what === 'folder'
        ? choose(['openDirectory', 'multiSelections'], false)
        : choose(['openFile', 'multiSelections'], true));
      return paths.length > 0 ? background(add(paths, before)) : null;
    },
    'queue:drop': ({ paths, before }) => {
      if (paths.length === 0) return 'noFile';
      background(add(paths, before));
      return 'added';
    },
    'queue:start': () => {
      queue.start();
      return null;
    },
    'queue:pause': () => {
      queue.pause();
      return null;
    },
    'queue:remove': (ids) => {
      queue.remove(ids);
      return null;
    },
    'queue:retry': (ids) => {
      queue.retry(ids);
      return null;
    },
    'queue:skip': (ids) => {
      queue.skip(ids);
      return null;
    },
    'queue:move': ({ ids, before }) => {
      queue.move(ids, before);
      return null;
    },
    'queue:steps': ({ ids, steps }) => {
      queue.setSteps(ids, steps);
      return null;
    },
    'queue:set': (settings) => {
      queue.set(settings);
      return null;
    },
    'queue:keepRecipe': ({ name }) => {
      queue.keepRecipe(name);
      return null;
    },
    'queue:dropRecipe': ({ name }) => {
      queue.dropRecipe(name);
      return null;
    },
    'queue:output': async (where) => {
      if (where === 'beside') queue.setOutput(null);
      else {
        const [folder] = await choose(['openDirectory', 'createDirectory'], false);
        if (folder !== undefined) queue.setOutput(folder);
      }
      return null;
    },
    'queue:look': async (id) => {
      requireIdle();
      await look(id);
      return null;
    },
    'queue:looked': () => (looked && looked.picture === openPicture() ? looked.item : null),
    'queue:thumbnail': async (id) => {
      const files = queue.filesOf(id);
      return { bytes: files ? await workshop.thumbnail(files.file) : null };
    },
    'queue:showFolder': () => {
      const file = queue.lastSaved();
      if (file !== null) showInFolder(file);
      return null;
    },
  };
}
