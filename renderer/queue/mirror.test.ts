// @vitest-environment happy-dom
import { act } from '@testing-library/react';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Outcome } from '../../app/contract';
import { AppError } from '../../app/errors';
import type { QueueEvent, QueueState } from '../../app/queue';
import { holidayItems, models, scenes, workScenes } from '../dev/scenes';
import { sent, show } from '../dev/show.fixture';
import { getScreen, selectTool, setScreen } from '../store';
import { look } from './commands';
import { followQueue } from './follow';
import { mirrorQueue } from './mirror';
import { commands, queueScene } from './queue.fixture';
import { changeSettings } from './settings';
import { getQueueScreen } from './store';

const ok = <T>(value: T) => ({ ok: true as const, value });
const items = (count: number) => holidayItems(count);
const empty: QueueState = { ...queueScene('queueWaiting'), items: [], settings: null };
const { gpu } = scenes;
if (!gpu) throw new Error('No scene "gpu"');

/** A main that answers when it is let, and the events that it tells. */
function main() {
  let tell: (events: QueueEvent[]) => void = () => {};
  let answer: (queue: Outcome<QueueState>) => void = () => {};
  const getQueue = () =>
    new Promise<Outcome<QueueState>>((resolve) => {
      answer = resolve;
    });
  const onQueue = (listener: typeof tell) => {
    tell = listener;
    return () => {};
  };
  return {
    getQueue,
    onQueue,
    tell: (...events: QueueEvent[]) => tell(events),
    answer: (queue: QueueState) => answer(ok(queue)),
  };
}

const ids = () => getQueueScreen().queue.items.map(({ id }) => id);

describe('the mirrored queue', () => {
  it('is what main had and every event since, none twice', async () => {
    await show(null, gpu);
    const { tell, answer, ...api } = main();
    const mirrored = mirrorQueue(api);
    tell({ kind: 'added', items: items(3), before: null });
    answer({ ...empty, items: items(3) });
    await mirrored;
    expect(ids()).toEqual([1, 2, 3]);
    tell({ kind: 'moved', ids: [3], before: 1 }, { kind: 'removed', ids: [2] });
    expect(ids()).toEqual([3, 1]);
  });

  it('shows what an earlier run left, however little', async () => {
    await show(null, gpu);
    const { answer, ...api } = main();
    const mirrored = mirrorQueue(api);
    answer({ ...empty, items: items(1) });
    await mirrored;
    expect(getQueueScreen().shown).toBe(true);
  });

  it('leaves what a person sets while main hears of what they set before', async () => {
    const heard: ((answer: Outcome<null>) => void)[] = [];
    const setQueue = () => new Promise<Outcome<null>>((resolve) => void heard.push(resolve));
    await show(null, gpu, { answers: { setQueue } });
    const { tell, answer, ...api } = main();
    const mirrored = mirrorQueue(api);
    answer(queueScene('queueWaiting'));
    await mirrored;
    const { settings } = queueScene('queueWaiting');
    if (!settings) throw new Error('Expected settings');
    for (const pattern of ['a', 'ab', 'abc']) changeSettings({ pattern });
    tell({ kind: 'settings', settings: { ...settings, pattern: 'a' } });
    expect(getQueueScreen().queue.settings?.pattern).toBe('abc');
    heard.shift()?.(ok(null));
    await vi.waitFor(() => expect(heard).toHaveLength(1));
    expect(sent.map(([, given]) => (given as { pattern: string }).pattern)).toEqual(['a', 'abc']);
    heard.shift()?.(ok(null));
  });
});

describe('what follows from the queue', () => {
  let stop = () => {};
  let told: ReturnType<typeof main>;
  const start = async (queue: QueueState, answers: Parameters<typeof show>[2] = {}) => {
    await show(null, gpu, answers);
    told = main();
    const mirrored = mirrorQueue(told);
    told.answer(queue);
    await mirrored;
    stop = followQueue();
  };
  afterEach(() => stop());
  const tell = (...events: QueueEvent[]) => act(async () => told.tell(...events));

  it('the first that comes is shown large, and gets the recipe of what was chosen', async () => {
    await start(empty, { with: { models, selected: 'cut-out', format: 'webp' } });
    setScreen({ selected: 'cut-out' });
    await tell({ kind: 'added', items: items(3), before: null });
    expect(getScreen().looked).toBe(1);
    const [, settings] = commands().find(([command]) => command === 'setQueue') ?? [];
    expect(settings).toMatchObject({
      recipe: { steps: [{ model: 'cut-out' }], format: 'webp', keepMetadata: true, keepPlace: true },
      pattern: '{name} {tool}',
      keepFolders: true,
    });
    expect(commands()).toContainEqual(['lookAtItem', 1]);
  });

  it('a recipe of the last time stays while its tool is chosen', async () => {
    await start({ ...queueScene('queueChain'), items: [] });
    setScreen({ selected: 'cut-out' });
    await tell({ kind: 'added', items: items(3), before: null });
    expect(commands().filter(([command]) => command === 'setQueue')).toEqual([]);
    await act(async () => selectTool('fast-x4'));
    expect(getQueueScreen().queue.settings?.recipe.steps).toEqual([{ model: 'fast-x4' }, { model: 'photo-x4' }]);
    await act(async () => selectTool('read-text'));
    expect(getQueueScreen().queue.settings?.recipe.steps).toEqual([{ model: 'read-text' }]);
  });

  it('a recipe of another tool gives way to the chosen one', async () => {
    await start({ ...queueScene('queueChain'), items: [] });
    setScreen({ selected: 'photo-x4' });
    await tell({ kind: 'added', items: items(3), before: null });
    expect(getQueueScreen().queue.settings?.recipe.steps).toEqual([{ model: 'photo-x4' }]);
  });

  it('a picture that is none of the queue has a tool of its own', async () => {
    await start(queueScene('queueRunning'));
    const steps = () => getQueueScreen().queue.settings?.recipe.steps;
    await act(async () => setScreen({ app: workScenes.picture ?? gpu, looked: null }));
    await act(async () => selectTool('cut-out'));
    expect(steps()).toEqual([{ model: 'photo-x4' }]);
    expect(commands().filter(([command]) => command === 'setQueue')).toEqual([]);
    await act(() => look(2));
    expect(getScreen().selected).toBe('photo-x4');
    expect(steps()).toEqual([{ model: 'photo-x4' }]);
  });

  it('what was looked at is shown anew once it is saved', async () => {
    await start(queueScene('queueWaiting'));
    await act(() => look(2));
    const looks = () => commands().filter(([command, id]) => command === 'lookAtItem' && id === 2).length;
    expect(looks()).toBe(1);
    await tell({ kind: 'states', states: [{ id: 2, state: { kind: 'saved', file: 'a.jpg', elapsedMs: 1 } }] });
    expect(looks()).toBe(2);
    await tell({ kind: 'states', states: [{ id: 3, state: { kind: 'saved', file: 'b.jpg', elapsedMs: 1 } }] });
    expect(looks()).toBe(2);
  });

  it('the next is shown where the one that was looked at is removed', async () => {
    await start(queueScene('queueWaiting'));
    await act(() => look(2));
    await tell({ kind: 'removed', ids: [2] });
    expect(getScreen().looked).toBe(3);
    await tell({ kind: 'removed', ids: ids() });
    expect(getScreen().looked).toBeNull();
  });

  it('of several looks in a row the last one counts', async () => {
    const answers = new Map<number, (outcome: Outcome<null>) => void>();
    const lookAtItem = (id: number) =>
      new Promise<Outcome<null>>((resolve) => {
        answers.set(id, resolve);
      });
    await start(queueScene('queueWaiting'), { answers: { lookAtItem } });
    await act(async () => {
      void look(2);
      void look(3);
    });
    const error = new AppError('PICTURE_EMPTY', { name: 'a.jpg' }).toReport();
    await act(async () => answers.get(2)?.({ ok: false, error: new AppError('BUSY', {}).toReport() }));
    expect(getQueueScreen().lookError).toBeNull();
    await act(async () => answers.get(3)?.({ ok: false, error }));
    expect(getQueueScreen().lookError).toEqual(error);
  });

  it('what an earlier run left is shown once the tools are ready, from the first that is to be done', async () => {
    await show(null, { ...gpu, setup: { kind: 'detecting' } });
    told = main();
    const mirrored = mirrorQueue(told);
    told.answer(queueScene('queueRunning'));
    await mirrored;
    stop = followQueue();
    expect(getScreen().looked).toBeNull();
    await act(async () => setScreen({ app: gpu }));
    expect(getScreen().looked).toBe(13);
  });

  it('a person who works on a picture is not taken away from it', async () => {
    await start(empty);
    const { running } = workScenes;
    if (!running) throw new Error('No scene "running"');
    setScreen({ app: running });
    await tell({ kind: 'added', items: items(3), before: null });
    expect(getScreen().looked).toBeNull();
    expect(getScreen().pictureError).toBeNull();
  });

  it('a lone picture gives way to the next that is opened', async () => {
    await start(empty);
    await tell({ kind: 'added', items: items(1), before: null });
    expect(getScreen().looked).toBe(1);
    expect(getQueueScreen().shown).toBe(false);
    await act(async () => setScreen({ looked: null }));
    expect(commands()).toContainEqual(['removeItems', [1]]);
  });
});
