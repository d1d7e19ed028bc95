/** What happened to a queue, line by line, and the queue that came of it. Pure; record.ts keeps the lines on the disk. */
import path from 'node:path';
import { z } from 'zod';
import { ResultNote } from '../../app/notes';
import {
  emptyQueue,
  type ItemState,
  maxItems,
  maxSteps,
  nextQueue,
  type QueueEvent,
  type QueueItem,
  type QueuePhase,
} from '../../app/queue';
import { Step } from '../../app/queueSchema';
import { report } from '../../host/protocol';

/** No path of Linux or Windows is longer. */
const maxPath = 32_767;
/** Of items in one line: a line that is damaged costs no more. */
const itemsALine = 500;
/** Of what the system or a library said of a failure. */
const maxDetail = 500;

const itemId = z.int().positive();
const ids = z.array(itemId).max(maxItems);
const before = itemId.nullable();
const elapsedMs = z.number().min(0);
const shown = z.string().max(maxPath);
export const AbsolutePath = z
  .string()
  .max(maxPath)
  .refine((file) => path.isAbsolute(file) && !file.includes('\0'), 'Expected an absolute path');
const steps = z.array(Step).min(1).max(maxSteps);

/** States that outlive the app; whatever was at work is waiting again. */
const KeptState = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('waiting') }),
  z.strictObject({
    kind: z.literal('saved'),
    file: shown,
    elapsedMs,
    notes: z.array(ResultNote).max(maxSteps).optional(),
  }),
  z.strictObject({ kind: z.literal('skipped') }),
  z.strictObject({ kind: z.literal('failed'), reason: report }),
]);
const KeptItem = z.strictObject({
  id: itemId,
  file: AbsolutePath,
  folder: z.string().max(maxPath),
  steps: steps.optional(),
  state: KeptState.optional(),
  /** Where a saved one's file lies; `state` has its name below the output folder, which may be another by now. */
  result: AbsolutePath.optional(),
});
const Phase = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('paused') }),
  z.strictObject({ kind: z.literal('running') }),
  z.strictObject({ kind: z.literal('finished'), elapsedMs }),
]);

/** A file that is about to get its name, which nothing has. */
const Saving = z.strictObject({ file: AbsolutePath, shown, bytes: z.int().min(0), elapsedMs });
export type Saving = z.infer<typeof Saving>;

export const Line = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('added'), items: z.array(KeptItem).max(itemsALine), before }),
  z.strictObject({ kind: z.literal('removed'), ids }),
  z.strictObject({ kind: z.literal('moved'), ids, before }),
  z.strictObject({ kind: z.literal('steps'), ids, steps: steps.nullable() }),
  z.strictObject({
    kind: z.literal('states'),
    states: z.array(z.strictObject({ id: itemId, state: KeptState })).max(itemsALine),
  }),
  z.strictObject({ kind: z.literal('saving'), ids, saving: Saving }),
  z.strictObject({ kind: z.literal('phase'), phase: Phase }),
  /** The id of the next item. */
  z.strictObject({ kind: z.literal('next'), id: itemId }),
]);
export type Line = z.infer<typeof Line>;

/**
 * An event as lines; none where it changes nothing that is kept here.
 * @param files absolute paths of the items that it adds, by their ids.
 */
export function linesOf(event: QueueEvent, files?: ReadonlyMap<number, string>): Line[] {
  switch (event.kind) {
    case 'added':
      return files ? addedLines(event.items, event.before, files) : [];
    case 'states': {
      const states = event.states.flatMap(({ id, state }) => {
        const kept = keptState(state);
        return kept ? [{ id, state: kept }] : [];
      });
      return chunksOf(states).map((some) => ({ kind: 'states', states: some }));
    }
    case 'phase':
      return [{ kind: 'phase', phase: event.phase.kind === 'finished' ? event.phase : { kind: event.phase.kind } }];
    case 'removed':
    case 'moved':
    case 'steps':
      return [event];
    default:
      return [];
  }
}

type KeptItem = z.infer<typeof KeptItem>;

function addedLines(
  items: readonly QueueItem[],
  before: number | null,
  files: ReadonlyMap<number, string>,
  results?: ReadonlyMap<number, string>,
): Line[] {
  const kept = items.flatMap(({ id, folder, steps: own, state }): KeptItem[] => {
    const [file, result, its] = [files.get(id), results?.get(id), keptState(state)];
    if (file === undefined) return [];
    const more = { ...(own && { steps: own }), ...(its && its.kind !== 'waiting' && { state: its }) };
    return [{ id, file, folder, ...more, ...(result !== undefined && { result }) }];
  });
  return chunksOf(kept).map((some) => ({ kind: 'added', items: some, before }));
}

function keptState(state: ItemState): z.infer<typeof KeptState> | null {
  if (state.kind === 'opening' || state.kind === 'working' || state.kind === 'saving') return null;
  if (state.kind !== 'failed') return state;
  const { detail } = state.reason;
  return { ...state, reason: { ...state.reason, detail: detail.slice(0, maxDetail) } };
}

function* chunks<T>(all: readonly T[]): Generator<T[]> {
  for (let at = 0; at < all.length; at += itemsALine) yield all.slice(at, at + itemsALine);
}
const chunksOf = <T>(all: readonly T[]): T[][] => [...chunks(all)];

/** A queue's items, with the paths that only main knows. */
export class History {
  private queue = emptyQueue;
  /** States of lines that follow one another, by item: applied together, since each event goes through all items. */
  private states = new Map<number, ItemState>();
  private next = 1;
  /** Absolute paths by item. */
  readonly files = new Map<number, string>();
  /** Where the files of saved items lie. */
  readonly results = new Map<number, string>();
  /** What was about to get its name, by item; nothing says yet whether it did. */
  readonly saving = new Map<number, Saving>();

  get items(): readonly QueueItem[] {
    return this.settled().items;
  }
  get phase(): QueuePhase {
    return this.queue.phase;
  }
  /** The id of the next item: none was used before. */
  get nextId(): number {
    return this.next;
  }

  apply(line: Line): void {
    switch (line.kind) {
      case 'states':
        for (const { id, state } of line.states) {
          const saving = this.saving.get(id);
          if (state.kind !== 'saved') this.results.delete(id);
          else if (saving) this.results.set(id, saving.file);
          this.saving.delete(id);
          this.states.set(id, state as ItemState);
        }
        return;
      case 'saving':
        for (const id of line.ids) if (this.files.has(id)) this.saving.set(id, line.saving);
        return;
      case 'next':
        this.next = Math.max(this.next, line.id);
        return;
      case 'added': {
        const items: QueueItem[] = [];
        for (const item of line.items) {
          if (this.files.has(item.id) || this.files.size === maxItems) continue;
          this.files.set(item.id, item.file);
          if (item.result) this.results.set(item.id, item.result);
          this.next = Math.max(this.next, item.id + 1);
          items.push(itemOf(item));
        }
        this.change({ kind: 'added', items, before: line.before });
        return;
      }
      case 'removed':
        for (const id of line.ids) {
          this.files.delete(id);
          this.results.delete(id);
          this.saving.delete(id);
        }
        this.change(line);
        return;
      default:
        this.change(line);
    }
  }

  /** As few lines as tell of the queue as it is now. */
  *lines(): Generator<Line> {
    const { items, phase } = this.settled();
    for (const some of chunks(items)) yield* addedLines(some, null, this.files, this.results);
    for (const [id, saving] of this.saving) yield { kind: 'saving', ids: [id], saving };
    yield* linesOf({ kind: 'phase', phase });
    yield { kind: 'next', id: this.next };
  }

  private change(event: QueueEvent): void {
    this.queue = nextQueue(this.settled(), event);
  }

  private settled(): typeof emptyQueue {
    if (this.states.size > 0) {
      const states = [...this.states].map(([id, state]) => ({ id, state }));
      this.queue = nextQueue(this.queue, { kind: 'states', states });
      this.states.clear();
    }
    return this.queue;
  }
}

function itemOf({ id, file, folder, steps: own, state }: KeptItem): QueueItem {
  const item: QueueItem = {
    id,
    name: path.basename(file),
    folder,
    state: (state as ItemState | undefined) ?? { kind: 'waiting' },
  };
  return own ? { ...item, steps: own as Step[] } : item;
}
