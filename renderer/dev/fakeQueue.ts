/** The fake main's queue: painted pictures, with some hundred milliseconds of made-up work for each. */
import type { RefitApi } from '../../app/contract';
import { AppError } from '../../app/errors';
import { thumbnailSide } from '../../app/pictureLimits';
import {
  type ItemState,
  nextQueue,
  type QueueEvent,
  type QueueItem,
  type QueueState,
  withRecipe,
} from '../../app/queue';
import type { Plane } from './layers';

type QueueApi = Pick<
  RefitApi,
  | 'getQueue'
  | 'chooseForQueue'
  | 'addDropped'
  | 'startQueue'
  | 'pauseQueue'
  | 'removeItems'
  | 'retryItems'
  | 'skipItems'
  | 'moveItems'
  | 'setItemSteps'
  | 'setQueue'
  | 'keepRecipe'
  | 'dropRecipe'
  | 'chooseOutput'
  | 'lookAtItem'
  | 'thumbnail'
  | 'lookedAtItem'
  | 'showQueueFolder'
  | 'onQueue'
>;

const ok = <T>(value: T) => ({ ok: true as const, value });
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** @param show opens a picture in the fake main's state. */
export function createFakeQueue(first: QueueState, show: (plane: Plane, name: string) => void): QueueApi {
  let queue = first;
  let running = false;
  let lastId = Math.max(0, ...queue.items.map(({ id }) => id));
  const listeners = new Set<(events: QueueEvent[]) => void>();
  const send = (...events: QueueEvent[]): void => {
    queue = events.reduce(nextQueue, queue);
    for (const listener of listeners) listener(events);
  };
  const setState = (id: number, state: ItemState): void => send({ kind: 'states', states: [{ id, state }] });
  const add = (count: number, folder: string, before: number | null): void => {
    const items = Array.from({ length: count }, (): QueueItem => {
      lastId += 1;
      return { id: lastId, name: `added ${lastId}.jpg`, folder, state: { kind: 'waiting' } };
    });
    send({ kind: 'added', items, before });
  };
  const setAll = (ids: number[], kind: 'waiting' | 'skipped'): void =>
    send({ kind: 'states', states: ids.map((id) => ({ id, state: { kind } })) });

  async function work(item: QueueItem): Promise<void> {
    setState(item.id, { kind: 'opening' });
    await wait(120);
    if (item.id % 17 === 0) {
      const reason = new AppError('PICTURE_UNREADABLE', { name: item.name }).toReport();
      setState(item.id, { kind: 'failed', reason });
      return;
    }
    for (let done = 0; done < 6; done++) {
      setState(item.id, { kind: 'working', step: 0, done, total: 6 });
      await wait(80);
    }
    setState(item.id, { kind: 'saving' });
    await wait(100);
    setState(item.id, { kind: 'saved', file: item.name.replace('.jpg', ' ×4.jpg'), elapsedMs: 700 });
  }

  async function run(): Promise<void> {
    const startedAt = Date.now();
    while (running) {
      const waiting = queue.items.filter(({ state }) => state.kind === 'waiting');
      send({ kind: 'phase', phase: { kind: 'running', remainingMs: waiting.length * 350 } });
      await Promise.all(waiting.slice(0, 2).map(work));
      if (waiting.length > 0) continue;
      running = false;
      send({ kind: 'phase', phase: { kind: 'finished', elapsedMs: Date.now() - startedAt } });
    }
  }

  return {
    getQueue: async () => ok(queue),
    chooseForQueue: async ({ what, before }) => {
      add(what === 'folder' ? 12 : 3, what === 'folder' ? 'Album/2025' : '', before);
      return ok(null);
    },
    addDropped: async (before) => {
      add(4, '', before);
      return ok('added' as const);
    },
    startQueue: async () => {
      if (running) return ok(null);
      running = true;
      void run();
      return ok(null);
    },
    pauseQueue: async () => {
      running = false;
      send({ kind: 'phase', phase: { kind: 'paused' } });
      return ok(null);
    },
    removeItems: async (ids) => {
      send({ kind: 'removed', ids });
      return ok(null);
    },
    retryItems: async (ids) => {
      setAll(ids, 'waiting');
      if (queue.phase.kind === 'finished') send({ kind: 'phase', phase: { kind: 'paused' } });
      return ok(null);
    },
    skipItems: async (ids) => {
      setAll(ids, 'skipped');
      return ok(null);
    },
    moveItems: async ({ ids, before }) => {
      send({ kind: 'moved', ids, before });
      return ok(null);
    },
    setItemSteps: async ({ ids, steps }) => {
      send({ kind: 'steps', ids, steps });
      return ok(null);
    },
    setQueue: async (settings) => {
      send({ kind: 'settings', settings });
      return ok(null);
    },
    keepRecipe: async (name) => {
      const { recipes, settings } = queue;
      if (settings) send({ kind: 'recipes', recipes: withRecipe(recipes, { name, recipe: settings.recipe }) });
      return ok(null);
    },
    dropRecipe: async (name) => {
      send({ kind: 'recipes', recipes: queue.recipes.filter((each) => each.name !== name) });
      return ok(null);
    },
    chooseOutput: async (where) => {
      send({ kind: 'output', output: where === 'choose' ? 'Enlarged' : null });
      return ok(null);
    },
    lookAtItem: async (id) => {
      const item = queue.items.find((each) => each.id === id);
      if (!item) return { ok: false, error: new AppError('BAD_MESSAGE', { channel: 'queue:look' }).toReport() };
      const { width, height, data } = paint(id, 600, 400).getImageData(0, 0, 600, 400);
      show({ width, height, rgba: new Uint8Array(data) }, item.name);
      return ok(null);
    },
    thumbnail: async (id) => {
      await wait(30);
      if (id % 17 === 5) return ok({ bytes: null });
      const { canvas } = paint(id, thumbnailSide, (thumbnailSide * 2) / 3);
      const blob = await canvas.convertToBlob({ type: 'image/webp' });
      return ok({ bytes: new Uint8Array(await blob.arrayBuffer()) });
    },
    lookedAtItem: async () => ok(null),
    showQueueFolder: async () => ok(null),
    onQueue: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** A sky, a sun and some hills, each picture's its own. */
function paint(id: number, width: number, height: number): OffscreenCanvasRenderingContext2D {
  const context = new OffscreenCanvas(width, height).getContext('2d');
  if (!context) throw new Error('Expected a 2d context');
  const hue = (id * 47) % 360;
  const sky = context.createLinearGradient(0, 0, 0, height);
  sky.addColorStop(0, `hsl(${hue} 55% 45%)`);
  sky.addColorStop(1, `hsl(${(hue + 40) % 360} 70% 78%)`);
  context.fillStyle = sky;
  context.fillRect(0, 0, width, height);
  context.fillStyle = `hsl(${(hue + 60) % 360} 90% 85%)`;
  context.beginPath();
  context.arc(width * (0.2 + ((id * 13) % 60) / 100), height * 0.35, height * 0.12, 0, 7);
  context.fill();
  for (const [i, light] of [38, 28, 18].entries()) {
    context.fillStyle = `hsl(${(hue + 150) % 360} 30% ${light}%)`;
    context.beginPath();
    context.moveTo(0, height);
    for (let x = 0; x <= 20; x++)
      context.lineTo((x / 20) * width, height * (0.55 + i * 0.13 + 0.07 * Math.sin(x * 0.7 + id * (i + 1))));
    context.lineTo(width, height);
    context.fill();
  }
  return context;
}
