/**
 * The queue: hands its items to the line in their order, says how each is, and remembers what a killed app was at (record.ts), so that
 * nothing is done twice and nothing is forgotten.
 */
import { access, constants, open, stat } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import type { ModelCard } from '../../app/catalog';
import type { ErrorCode } from '../../app/errorCodes';
import { AppError, type ErrorReport, ReportedError, toReport } from '../../app/errors';
import type { ResultNote } from '../../app/notes';
import { outputName, patternFault } from '../../app/outputName';
import {
  countItems,
  emptyQueue,
  type ItemState,
  maxItems,
  nextQueue,
  type QueueEvent,
  type QueueItem,
  type QueueSettings,
  type QueueState,
  type Recipe,
  type Step,
  withRecipe,
} from '../../app/queue';
import { type PictureText, textFile, togetherFile } from '../../app/textFile';
import type { Saves } from '../../storage/saveFile';
import { coalesce } from '../jobs/coalesce';
import { commitOnce } from './commit';
import { expand } from './expand';
import type { Line, LineProgress, MadePicture } from './line';
import { createOutputs, type Outputs } from './outputs';
import type { QueueRecord } from './record';

export interface Queue {
  get(): QueueState;
  /** Finds the pictures in what was dropped or chosen. Resolves once all are there. */
  add(paths: readonly string[], before: number | null): Promise<void>;
  /** @throws AppError BUSY where something else is at work. */
  start(): void;
  /** What is at work is finished; nothing more is begun. */
  pause(): void;
  remove(ids: readonly number[]): void;
  retry(ids: readonly number[]): void;
  skip(ids: readonly number[]): void;
  move(ids: readonly number[], before: number | null): void;
  setSteps(ids: readonly number[], steps: Step[] | null): void;
  set(settings: QueueSettings): void;
  /** Keeps the recipe that is set, under a name. */
  /** Keeps the settings' recipe under this name. @throws AppError RECIPES_FULL; BAD_MESSAGE without settings. */
  keepRecipe(name: string): void;
  dropRecipe(name: string): void;
  /** @param folder absolute; null: beside the pictures. */
  setOutput(folder: string | null): void;
  /** Where it lies, and what was made of it, if that is saved. */
  filesOf(id: number): { file: string; saved: string | null } | null;
  /** Where the last result is; null: nothing is saved yet. */
  lastSaved(): string | null;
  /** Whether an item is at work. */
  isRunning(): boolean;
  /** Ends what is at work, whose files are whole or not there, and writes what is to be remembered. */
  close(): Promise<void>;
}

export interface QueueParts {
  line: Line;
  record: QueueRecord;
  cards: readonly ModelCard[];
  saves: Saves;
  /** Permissions that a person's new files must not have. */
  umask: number;
  tell(events: QueueEvent[]): void;
  /** Why nothing can be started now; null: it can. */
  refusal?(): ErrorReport | null;
  /** Of a folder, as a person may see it. */
  nameOf(folder: string): string;
  now?(): number;
}

/** How often the window hears of changes: many items change at once. */
const changesEveryMs = 100;
/** The time left is told once so many pictures are done and so long has passed: before, it is no good guess. */
const believable = { pictures: 3, ms: 5000 };

/** Whether each picture that comes after would fail for the same reason. */
const stopsAll = (code: string): boolean =>
  ['OUTPUT_FULL', 'RESULT_DISK_FULL', 'OUTPUT_GONE', 'OUTPUT_FORBIDDEN'].includes(code);

export function createQueue({
  line,
  record,
  cards,
  saves,
  umask,
  tell,
  refusal = () => null,
  nameOf,
  now = () => performance.now(),
}: QueueParts): Queue {
  const { kept } = record;
  const files = new Map(kept.files);
  /** Absolute paths of what was saved, by item. */
  const saved = new Map(kept.results);
  const atWork = new Map<number, AbortController>();
  /** Of a recipe that writes all text into one file: what was found so far. */
  const texts = new Map<number, { text: PictureText; notes: ResultNote[] }>();
  let { nextId } = kept;
  let output = kept.output;
  let last: string | null = [...saved.values()].at(-1) ?? null;
  let outputs: Outputs = createOutputs(umask);
  let run: { begunAt: number; done: number } | undefined;
  let writing: Promise<void> = Promise.resolve();
  /** Files that are about to get their names, or have them by now. */
  const naming = new Set<Promise<unknown>>();
  const changes = coalesce<QueueEvent>(changesEveryMs, (events) => tell(joined(events)));

  let state: QueueState = {
    ...emptyQueue,
    items: kept.items,
    settings: kept.settings,
    recipes: kept.recipes,
    output: output === null ? null : nameOf(output),
    // A killed app's queue waits for the person, who sees it as it was.
    phase: kept.phase.kind === 'running' ? { kind: 'paused' } : kept.phase,
  };

  function emit(event: QueueEvent): void {
    state = nextQueue(state, event);
    record.note(event, files);
    changes.add(event);
  }
  const say = (id: number, to: ItemState): void => emit({ kind: 'states', states: [{ id, state: to }] });
  const recipeOf = (item: QueueItem): Recipe => {
    if (!state.settings) throw new AppError('BAD_MESSAGE', { channel: 'queue:start' }, 'no settings');
    return item.steps ? { ...state.settings.recipe, steps: item.steps } : state.settings.recipe;
  };

  /** Begins as many as the line takes. */
  function pump(): void {
    if (state.phase.kind !== 'running') return;
    for (const item of state.items) {
      if (atWork.size >= line.atOnce) return;
      if (item.state.kind === 'waiting' && !atWork.has(item.id)) void work(item);
    }
    if (atWork.size === 0) void finish();
  }

  async function finish(): Promise<void> {
    await writeTogether();
    if (state.phase.kind !== 'running' || atWork.size > 0) return;
    if (state.items.some(({ state: { kind } }) => kind === 'waiting')) return pump();
    emit({ kind: 'phase', phase: { kind: 'finished', elapsedMs: run ? now() - run.begunAt : 0 } });
    run = undefined;
  }

  async function work(item: QueueItem): Promise<void> {
    const { id, name } = item;
    const stop = new AbortController();
    atWork.set(id, stop);
    const begunAt = now();
    try {
      const file = files.get(id);
      if (file === undefined) throw new AppError('PICTURE_NOT_OPENED', { name }, 'no path');
      const recipe = recipeOf(item);
      let shown = '';
      const result = await line.run({
        file,
        name,
        recipe,
        signal: stop.signal,
        told: (progress) => {
          if (atWork.get(id) === stop) say(id, stateOf(progress));
        },
        save: async (made, write) => {
          shown = await saveAs([item], recipe, recipe.format, begunAt, stop.signal, write, made);
        },
      });
      if (result.text) {
        texts.set(id, { text: result.text, notes: result.notes });
        if (recipe.text.together) {
          say(id, { kind: 'saving' });
          return;
        }
        const text = textFile(recipe.text.format, result.text);
        shown = await saveAs([item], recipe, recipe.text.format, begunAt, stop.signal, (to) => writeText(to, text));
        texts.delete(id);
      }
      done(id, savedAs(shown, now() - begunAt, result.notes));
    } catch (error) {
      // Who stopped it has said what becomes of it.
      if (stop.signal.aborted) return;
      const reason = await reasonOf(error, name);
      if (!stop.signal.aborted) failed([id], reason);
    } finally {
      outputs.release(id);
      if (atWork.get(id) === stop) atWork.delete(id);
      pump();
    }
  }

  function done(id: number, to: ItemState): void {
    say(id, to);
    if (!run) return;
    run.done += 1;
    const elapsed = now() - run.begunAt;
    if (state.phase.kind !== 'running' || run.done < believable.pictures || elapsed < believable.ms) return;
    const { open } = countItems(state.items);
    emit({ kind: 'phase', phase: { kind: 'running', remainingMs: (elapsed / run.done) * open } });
  }

  /** Where all others would fail as well, none does: they wait until a person has mended it. */
  function failed(ids: readonly number[], reason: ErrorReport): void {
    const waits = stopsAll(reason.code);
    for (const id of ids) {
      if (waits) say(id, { kind: 'waiting' });
      else done(id, { kind: 'failed', reason });
    }
    if (waits) halt(reason);
  }

  /** Nothing more is begun. @param reason what a person has to mend first. */
  function halt(reason?: ErrorReport): void {
    if (state.phase.kind === 'running') emit({ kind: 'phase', phase: { kind: 'paused', ...(reason && { reason }) } });
    run = undefined;
  }

  /** What went wrong as a person may read it; the system's own errors, and the encoder's, name temporary files. */
  async function reasonOf(error: unknown, name: string): Promise<ErrorReport> {
    const report = toReport(error);
    const { code = report.code } = error as { code?: string };
    const isKnown = error instanceof AppError || error instanceof ReportedError;
    if (isKnown && report.code !== 'DISK_FULL' && report.code !== 'SAVE_FAILED') return report;
    const isFull = ['ENOSPC', 'EDQUOT', 'DISK_FULL'].includes(code);
    const fault = output === null || isFull ? undefined : await outputFault(output, nameOf(output), report.detail);
    if (fault) return fault.toReport();
    const { detail } = report;
    // A single picture's words would tell of the one that is still there.
    if (isFull) return new AppError('OUTPUT_FULL', { name }, detail).toReport();
    return new AppError('SAVE_FAILED', { file: name }, detail).toReport();
  }

  /**
   * Writes one file for some items, under a name that nothing has, and remembers it before it is there.
   * @returns its name below the output folder.
   */
  async function saveAs(
    [item, ...others]: readonly [QueueItem, ...QueueItem[]],
    recipe: Recipe,
    format: Recipe['format'] | Recipe['text']['format'],
    begunAt: number,
    signal: AbortSignal,
    write: (file: string) => Promise<void>,
    made?: MadePicture,
  ): Promise<string> {
    const { pattern, keepFolders } = state.settings as QueueSettings;
    const own = files.get(item.id) ?? '';
    const tools = recipe.steps.flatMap(({ model }) => cards.find(({ id }) => id === model) ?? []);
    const isTogether = others.length > 0 || (made === undefined && recipe.text.together);
    const facts = {
      name: item.name,
      tools,
      format,
      ...(made && { times: made.width / made.original.width, size: { width: made.width, height: made.height } }),
      number: state.items.findIndex(({ id }) => id === item.id) + 1,
      date: new Date(
        await stat(own).then(
          ({ mtimeMs }) => mtimeMs,
          () => Date.now(),
        ),
      ),
    };
    const name = (nth: number): string =>
      isTogether
        ? outputName('{name}', { ...facts, name: item.folder.split('/')[0] || 'Text' }, nth)
        : outputName(patternFault(pattern)?.kind === 'empty' ? '{name} {tool}' : pattern, facts, nth);
    const wanted = { file: own, folder: isTogether ? '' : item.folder, output, keepFolders, name };
    const reserved = await outputs.reserve(item.id, wanted);
    const save = await saves.begin(reserved.file, { replace: false });
    try {
      await write(save.temporary);
      signal.throwIfAborted();
    } catch (error) {
      await save.abandon();
      throw error;
    }
    const items: [number, ...number[]] = [item.id, ...others.map(({ id }) => id)];
    const elapsedMs = now() - begunAt;
    const named = commitOnce({ save, items, place: reserved, wanted, elapsedMs }, outputs, record);
    naming.add(named);
    const place = await named.finally(() => naming.delete(named));
    for (const id of items) saved.set(id, place.file);
    last = place.file;
    return place.shown;
  }

  /** Writes the one file of all text that was found. Its pictures wait for it. */
  function writeTogether(): Promise<void> {
    writing = writing.then(async () => {
      const items = state.items.filter(({ id }) => texts.has(id) && !atWork.has(id));
      const [first, ...others] = items;
      if (!first) return;
      const found = new Map(texts);
      const all = items.flatMap(({ id }) => found.get(id)?.text ?? []);
      texts.clear();
      try {
        const recipe = recipeOf(first);
        const { format } = recipe.text;
        const text = togetherFile(format, all);
        const never = new AbortController().signal;
        const begunAt = run?.begunAt ?? now();
        const shown = await saveAs([first, ...others], recipe, format, begunAt, never, (file) => writeText(file, text));
        for (const { id } of items) done(id, savedAs(shown, now() - begunAt, found.get(id)?.notes));
      } catch (error) {
        const reason = await reasonOf(error, first.name);
        failed(
          items.map(({ id }) => id),
          reason,
        );
      } finally {
        outputs.release(first.id);
      }
    });
    return writing;
  }

  /** Ends work on these items, and forgets the text that was found in them. Whoever calls it says what becomes of them. */
  function stop(ids: readonly number[]): void {
    for (const id of ids) {
      atWork.get(id)?.abort(new AppError('BUSY', {}));
      atWork.delete(id);
      texts.delete(id);
    }
  }

  function setAll(ids: readonly number[], from: readonly ItemState['kind'][], to: ItemState): void {
    const wanted = new Set(ids);
    const states = state.items
      .filter(({ id, state: { kind } }) => wanted.has(id) && from.includes(kind))
      .map(({ id }) => ({ id, state: to }));
    if (states.length > 0) emit({ kind: 'states', states });
  }

  const remember = (): void => void record.remember({ settings: state.settings, output, recipes: [...state.recipes] });

  return {
    get: () => {
      // Passed on first: the state that is returned has these events in it, so none of them may come after it.
      changes.flush();
      return state;
    },
    async add(paths, before) {
      // What was left of an earlier queue is not of this one.
      if (state.items.length === 0) emit({ kind: 'left', left: emptyQueue.left });
      for await (const { found, left } of expand(paths, { leave: output, limit: maxItems - state.items.length })) {
        const items: QueueItem[] = found.map(({ file, name, folder }) => {
          const id = nextId++;
          files.set(id, file);
          return { id, name, folder, state: { kind: 'waiting' } };
        });
        if (items.length > 0) emit({ kind: 'added', items, before });
        const already = state.left;
        if (Object.values(left).some((count) => count > 0))
          emit({
            kind: 'left',
            left: {
              files: already.files + left.files,
              links: already.links + left.links,
              unreadable: already.unreadable + left.unreadable,
              beyond: already.beyond + left.beyond,
            },
          });
        if (state.phase.kind === 'finished' && items.length > 0) emit({ kind: 'phase', phase: { kind: 'paused' } });
        pump();
      }
    },
    start() {
      const refused = refusal();
      if (refused) throw new ReportedError(refused);
      if (!state.settings) throw new AppError('BAD_MESSAGE', { channel: 'queue:start' }, 'no settings');
      if (state.phase.kind === 'running') return;
      outputs = createOutputs(umask);
      run = { begunAt: now(), done: 0 };
      emit({ kind: 'phase', phase: { kind: 'running' } });
      pump();
    },
    pause: () => halt(),
    remove(ids) {
      stop(ids);
      emit({ kind: 'removed', ids: [...ids] });
      if (state.items.length === 0) emit({ kind: 'left', left: emptyQueue.left });
      for (const id of ids) files.delete(id);
      pump();
    },
    retry(ids) {
      setAll(ids, ['failed', 'skipped'], { kind: 'waiting' });
      if (state.phase.kind === 'finished') emit({ kind: 'phase', phase: { kind: 'paused' } });
      pump();
    },
    skip(ids) {
      stop(ids);
      setAll(ids, ['waiting', 'opening', 'working', 'saving'], { kind: 'skipped' });
      pump();
    },
    move: (ids, before) => emit({ kind: 'moved', ids: [...ids], before }),
    setSteps: (ids, steps) => emit({ kind: 'steps', ids: [...ids], steps }),
    set(settings) {
      emit({ kind: 'settings', settings });
      remember();
    },
    keepRecipe(name) {
      if (!state.settings) throw new AppError('BAD_MESSAGE', { channel: 'queue:keepRecipe' }, 'no settings');
      const { recipe } = state.settings;
      emit({ kind: 'recipes', recipes: withRecipe(state.recipes, { name, recipe }) });
      remember();
    },
    dropRecipe(name) {
      emit({ kind: 'recipes', recipes: state.recipes.filter((each) => each.name !== name) });
      remember();
    },
    setOutput(folder) {
      output = folder;
      emit({ kind: 'output', output: folder === null ? null : nameOf(folder) });
      remember();
    },
    filesOf(id) {
      const file = files.get(id);
      const item = state.items.find((each) => each.id === id);
      if (file === undefined || !item) return null;
      return { file, saved: item.state.kind === 'saved' ? (saved.get(id) ?? null) : null };
    },
    lastSaved: () => last,
    isRunning: () => atWork.size > 0,
    async close() {
      halt();
      stop([...atWork.keys()]);
      await writing;
      // What has its name is saved, and is said to be.
      await Promise.allSettled([...naming]);
      await setImmediate();
      changes.flush();
      await record.close();
    },
  };
}

const savedAs = (file: string, elapsedMs: number, notes: ResultNote[] = []): ItemState => ({
  kind: 'saved',
  file,
  elapsedMs,
  ...(notes.length > 0 && { notes }),
});

const stateOf = (progress: LineProgress): ItemState => {
  if (progress.kind !== 'working') return { kind: progress.kind };
  const { step, done, total } = progress;
  return { kind: 'working', step, done, total };
};

async function writeText(file: string, text: string): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    await handle.writeFile(text);
  } finally {
    await handle.close();
  }
}

/** Why nothing at all can be written there, if so. @param folder as a person may see it. */
const outputFault = (output: string, folder: string, detail: string): Promise<AppError<ErrorCode> | undefined> =>
  access(output, constants.W_OK).then(
    () => undefined,
    ({ code }: NodeJS.ErrnoException) =>
      new AppError(
        ['EACCES', 'EPERM', 'EROFS'].includes(code ?? '') ? 'OUTPUT_FORBIDDEN' : 'OUTPUT_GONE',
        { folder },
        detail,
      ),
  );

/** Joins events that follow one another: of an item's states, and of phases, only the last is told. */
function joined(events: readonly QueueEvent[]): QueueEvent[] {
  const all: QueueEvent[] = [];
  for (const event of events) {
    const before = all.at(-1);
    if (event.kind === 'states' && before?.kind === 'states') {
      const states = new Map([...before.states, ...event.states].map((each) => [each.id, each]));
      all[all.length - 1] = { kind: 'states', states: [...states.values()] };
    } else if (event.kind === 'phase' && before?.kind === 'phase') all[all.length - 1] = event;
    else all.push(event);
  }
  return all;
}
