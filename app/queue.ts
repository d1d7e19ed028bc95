/**
 * The queue: many pictures through one recipe, each into a file of its own. Main owns it; the window applies the same events to its
 * copy. Pure.
 *
 * Item:  waiting ─► opening ─► working ─► saving ─► saved
 *           ▲          └──────────┴──────────┴────► failed ──┐
 *           ├──────────────────── retry ─────────────────────┤
 *           └──── (skip) ──► skipped ─────────── retry ──────┘
 * Queue: paused ◄─► running ─► finished ─ more to do ─► paused
 */
import { AppError, type ErrorReport } from './errors';
import type { ResultNote } from './notes';
import type { NamedRecipe, QueueSettings, Step } from './queueSchema';

export type { NamedRecipe, QueueSettings, Recipe, SavedSize, Step } from './queueSchema';

/** Nobody would look through more. */
export const maxItems = 100_000;
export const maxSteps = 4;

export const maxRecipes = 50;
/** Of a recipe that a person keeps, in characters. */
export const maxRecipeName = 60;

export type ItemState =
  | { kind: 'waiting' }
  | { kind: 'opening' }
  /** `step` of the recipe, from 0; parts of it that are done. */
  | { kind: 'working'; step: number; done: number; total: number }
  | { kind: 'saving' }
  /** `file`: its name, with folders below the output folder, forward slashes. `notes`: what its tools say of it, if anything. */
  | { kind: 'saved'; file: string; elapsedMs: number; notes?: ResultNote[] }
  | { kind: 'skipped' }
  | { kind: 'failed'; reason: ErrorReport };

export interface QueueItem {
  /** Grows, and is never used twice. */
  id: number;
  /** The file's own name. */
  name: string;
  /** Folders above it, from the one that was added on, forward slashes; '' of a file that was added by itself. */
  folder: string;
  /** A recipe's steps of its own; omitted: the queue's. */
  steps?: Step[];
  state: ItemState;
}

export type QueuePhase =
  /** `reason`: what would fail every picture, where no person paused it. */
  | { kind: 'paused'; reason?: ErrorReport }
  /** `remainingMs`: where it can be believed. */
  | { kind: 'running'; remainingMs?: number }
  /** Nothing is left to do. `elapsedMs`: of the whole run. */
  | { kind: 'finished'; elapsedMs: number };

export interface QueueState {
  items: readonly QueueItem[];
  phase: QueuePhase;
  settings: QueueSettings | null;
  /** By name. */
  recipes: readonly NamedRecipe[];
  /** Name of the output folder, no path; null: beside the pictures. */
  output: string | null;
  /**
   * What was added and left out since the last clearing: files that are no pictures, links, what could not be read, and pictures beyond
   * `maxItems`.
   */
  left: { files: number; links: number; unreadable: number; beyond: number };
}

export const emptyQueue: QueueState = {
  items: [],
  phase: { kind: 'paused' },
  settings: null,
  recipes: [],
  output: null,
  left: { files: 0, links: 0, unreadable: 0, beyond: 0 },
};

export type QueueEvent =
  | { kind: 'added'; items: QueueItem[]; before: number | null }
  | { kind: 'states'; states: { id: number; state: ItemState }[] }
  | { kind: 'steps'; ids: number[]; steps: Step[] | null }
  | { kind: 'removed'; ids: number[] }
  /** They stand before that item now, in their order; null: at the end. */
  | { kind: 'moved'; ids: number[]; before: number | null }
  | { kind: 'phase'; phase: QueuePhase }
  | { kind: 'settings'; settings: QueueSettings }
  | { kind: 'recipes'; recipes: NamedRecipe[] }
  | { kind: 'output'; output: string | null }
  | { kind: 'left'; left: QueueState['left'] };

/**
 * @returns the recipes with this one, in place of one of its name. Sorted by name.
 * @throws AppError RECIPES_FULL where they would be more than `maxRecipes`.
 */
export function withRecipe(recipes: readonly NamedRecipe[], one: NamedRecipe): NamedRecipe[] {
  const others = recipes.filter(({ name }) => name !== one.name);
  if (others.length >= maxRecipes) throw new AppError('RECIPES_FULL', { most: maxRecipes });
  return [...others, one].sort((a, b) => a.name.localeCompare(b.name));
}

/** The queue after an event. An event of items that are not there leaves them out; one that adds items again, too. */
export function nextQueue(queue: QueueState, event: QueueEvent): QueueState {
  const { items } = queue;
  switch (event.kind) {
    case 'added': {
      const fresh = new Set(event.items.map(({ id }) => id));
      for (const { id } of items) fresh.delete(id);
      const added = event.items.filter(({ id }) => fresh.delete(id));
      return { ...queue, items: placed(items, added, event.before) };
    }
    case 'states': {
      const states = new Map(event.states.map(({ id, state }) => [id, state]));
      return { ...queue, items: items.map((item) => withState(item, states.get(item.id))) };
    }
    case 'steps': {
      const ids = new Set(event.ids);
      const change = ({ steps: _, ...item }: QueueItem): QueueItem =>
        event.steps ? { ...item, steps: event.steps } : item;
      return { ...queue, items: items.map((item) => (ids.has(item.id) ? change(item) : item)) };
    }
    case 'removed': {
      const ids = new Set(event.ids);
      return { ...queue, items: items.filter(({ id }) => !ids.has(id)) };
    }
    case 'moved': {
      const ids = new Set(event.ids);
      const moved = items.filter(({ id }) => ids.has(id));
      const rest = items.filter(({ id }) => !ids.has(id));
      // One that moves too stands for what follows it: items that are dropped on themselves stay.
      const from = event.before === null ? -1 : items.findIndex(({ id }) => id === event.before);
      const before = from < 0 ? undefined : items.find(({ id }, at) => at >= from && !ids.has(id));
      return { ...queue, items: placed(rest, moved, before?.id ?? null) };
    }
    case 'phase':
      return { ...queue, phase: event.phase };
    case 'settings':
      return { ...queue, settings: event.settings };
    case 'recipes':
      return { ...queue, recipes: event.recipes };
    case 'output':
      return { ...queue, output: event.output };
    case 'left':
      return { ...queue, left: event.left };
  }
}

function placed(items: readonly QueueItem[], more: readonly QueueItem[], before: number | null): QueueItem[] {
  const at = before === null ? -1 : items.findIndex(({ id }) => id === before);
  return at < 0 ? [...items, ...more] : [...items.slice(0, at), ...more, ...items.slice(at)];
}

const withState = (item: QueueItem, state: ItemState | undefined): QueueItem => (state ? { ...item, state } : item);

export interface QueueCounts {
  total: number;
  /** Waiting, or at work. */
  open: number;
  saved: number;
  failed: number;
  skipped: number;
}

export function countItems(items: readonly QueueItem[]): QueueCounts {
  const counts: QueueCounts = { total: items.length, open: 0, saved: 0, failed: 0, skipped: 0 };
  for (const { state } of items)
    counts[state.kind === 'saved' || state.kind === 'failed' || state.kind === 'skipped' ? state.kind : 'open'] += 1;
  return counts;
}
