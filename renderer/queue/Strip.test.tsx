// @vitest-environment happy-dom
import { act, createEvent, fireEvent, screen, within } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppError } from '../../app/errors';
import type { ItemState } from '../../app/queue';
import { holidayItems } from '../dev/scenes';
import { press } from '../dev/show.fixture';
import { getScreen } from '../store';
import { commands, list, queueScene, showWith, told } from './queue.fixture';
import { getQueueScreen } from './store';

/** happy-dom lays nothing out. */
beforeEach(() => void vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(800));
afterEach(() => void vi.restoreAllMocks());

const options = () => within(list()).getAllByRole('option');
const key = (name: string, more: object = {}) =>
  act(async () => void fireEvent.keyDown(list(), { key: name, ...more }));
const selected = () =>
  options()
    .filter((option) => option.getAttribute('aria-selected') === 'true')
    .map((option) => Number(option.dataset.id));
const five = { ...queueScene('queueWaiting'), items: holidayItems(5) };

describe('the strip', () => {
  it('draws those in sight alone of ten thousand, each with its place among all', async () => {
    await showWith(queueScene('queueLarge'));
    expect(options().length).toBeGreaterThan(8);
    expect(options().length).toBeLessThan(100);
    await key('End');
    await act(async () => void fireEvent.scroll(list()));
    expect(options().length).toBeLessThan(100);
    expect(options().at(-1)?.getAttribute('aria-posinset')).toBe('10000');
    expect(options().at(-1)?.getAttribute('aria-setsize')).toBe('10000');
  });

  it('counts what failed, which is seldom in sight', async () => {
    await showWith(queueScene('queueWaiting'));
    expect(screen.queryByTestId('queue-failed')).toBeNull();
    const reason = new AppError('PICTURE_EMPTY', { name: 'ferry 34.jpg' }).toReport();
    await told({ kind: 'states', states: [{ id: 34, state: { kind: 'failed', reason } }] });
    expect(screen.getByTestId('queue-failed').textContent).toBe('1 could not be done');
  });

  it('says the state of each in words', async () => {
    await showWith(queueScene('queueRunning'));
    const named = (name: RegExp) => screen.getByRole('option', { name });
    expect(named(/^beach 1\.jpg in Holiday\/2023\/Norway, saved as 1 ×4\.jpg in 2\.1 s$/)).toBeDefined();
    expect(named(/^sunset 5\.jpg .*failed: sunset 5\.jpg is not a picture we can read\.$/)).toBeDefined();
    expect(named(/^beach 8\.jpg .*skipped$/)).toBeDefined();
    expect(named(/, saving$/)).toBeDefined();
    expect(named(/, 58 % done$/)).toBeDefined();
  });

  it('says of a saved one what its tool did not find', async () => {
    await showWith(five);
    const state = (found: number): ItemState => ({
      kind: 'saved',
      file: 'a.png',
      elapsedMs: 2100,
      notes: [{ code: 'LINES', found }],
    });
    const states = [
      { id: 1, state: state(0) },
      { id: 2, state: state(4) },
    ];
    await told({ kind: 'states', states });
    const [none, some] = options().map((option) => option.getAttribute('aria-label'));
    expect(none).toMatch(/, saved as a\.png in 2\.1 s\. No text was found\.$/);
    expect(some).toMatch(/, saved as a\.png in 2\.1 s$/);
  });

  it('is not there for one picture, and stays until a queue is empty', async () => {
    await showWith({ ...five, items: holidayItems(1) }, { queue: { shown: false } });
    expect(screen.queryByRole('region', { name: 'Queue' })).toBeNull();
    await told({ kind: 'added', items: holidayItems(2).slice(1), before: null });
    expect(options()).toHaveLength(2);
    await told({ kind: 'removed', ids: [1] });
    expect(options()).toHaveLength(1);
    await told({ kind: 'removed', ids: [2] });
    expect(screen.queryByRole('region', { name: 'Queue' })).toBeNull();
  });

  it('folds away, and says how many there are all the same', async () => {
    await showWith(five);
    await press('5 pictures');
    expect(screen.queryByRole('listbox')).toBeNull();
    await press('5 pictures');
    expect(options()).toHaveLength(5);
  });

  it('takes more pictures and folders at its end', async () => {
    await showWith(five);
    await press('Add pictures…');
    await press('Add a folder…');
    expect(commands()).toEqual([
      ['chooseForQueue', { what: 'pictures', before: null }],
      ['chooseForQueue', { what: 'folder', before: null }],
    ]);
  });
});

describe('a picture of the strip', () => {
  it('is shown large by a click', async () => {
    await showWith(five);
    await act(async () => void fireEvent.click(screen.getByRole('option', { name: /^market 3/ })));
    expect(commands()).toEqual([['lookAtItem', 3]]);
    expect(screen.getByRole('option', { current: true }).dataset.id).toBe('3');
  });

  it('says large why it failed, and is tried again there', async () => {
    await showWith(queueScene('queueRunning'), { with: { looked: 5 } });
    expect(within(screen.getByRole('main')).getByText('sunset 5.jpg is not a picture we can read.')).toBeDefined();
    await press('Try sunset 5.jpg again');
    expect(commands()).toEqual([['retryItems', [5]]]);
  });

  it('is dropped before the nearest gap', async () => {
    await showWith(five);
    const drop = async (type: string) => {
      const transfer = { types: [type], items: [], files: [] };
      const event = createEvent.drop(list(), { dataTransfer: transfer });
      Object.defineProperty(event, 'clientX', { value: 8 + 88 * 2 });
      await act(async () => void fireEvent(list(), event));
    };
    await drop('Files');
    await key('Home');
    await drop('application/x-refit-items');
    expect(commands()).toEqual([
      ['addDropped', 3],
      ['moveItems', { ids: [1], before: 3 }],
    ]);
  });
});

describe('the keys of the strip', () => {
  it('move, and show with Enter', async () => {
    await showWith(five, { queue: { active: 1 } });
    await key('ArrowRight');
    await key('ArrowRight');
    expect(selected()).toEqual([3]);
    expect(list().getAttribute('aria-activedescendant')).toBe(options()[2]?.id);
    await key('Enter');
    expect(commands()).toEqual([['lookAtItem', 3]]);
    await key('Home');
    expect(selected()).toEqual([1]);
    await key('ArrowLeft');
    expect(selected()).toEqual([1]);
  });

  it('select on the way with Shift, and all with Ctrl and A', async () => {
    await showWith(five, { queue: { active: 2 } });
    await key('ArrowRight', { shiftKey: true });
    await key('ArrowRight', { shiftKey: true });
    expect(selected()).toEqual([2, 3, 4]);
    await key('a', { ctrlKey: true });
    expect(selected()).toEqual([1, 2, 3, 4, 5]);
    await key('Escape');
    expect(selected()).toEqual([]);
  });

  it('remove, skip and try again', async () => {
    await showWith(queueScene('queueRunning'), { queue: { active: 20 } });
    await key(' ');
    await key('Delete');
    await act(async () => void fireEvent.click(screen.getByRole('option', { name: /^sunset 5/ }), { ctrlKey: true }));
    await key(' ');
    expect(commands().slice(0, 2)).toEqual([
      ['skipItems', [20]],
      ['removeItems', [20]],
    ]);
  });

  it('take the selected ones along with Alt', async () => {
    await showWith(five, { queue: { active: 2, selection: new Set([2, 3]) } });
    await key('ArrowRight', { altKey: true });
    await key('ArrowLeft', { altKey: true });
    expect(commands()).toEqual([
      ['moveItems', { ids: [2, 3], before: 5 }],
      ['moveItems', { ids: [2, 3], before: 1 }],
    ]);
  });

  it('start no queue by the way', async () => {
    await showWith(five, { queue: { active: 2 } });
    await key('Enter');
    expect(commands().map(([command]) => command)).toEqual(['lookAtItem']);
  });
});

describe('what is selected', () => {
  it('can be tried again where it failed, skipped where it waits', async () => {
    await showWith(queueScene('queueRunning'), { queue: { selection: new Set([1, 5, 8, 20, 21]) } });
    expect(screen.getByText('5 selected')).toBeDefined();
    await press('Try again');
    await press('Skip');
    await press('Remove from the queue');
    expect(commands()).toEqual([
      ['retryItems', [5, 8]],
      ['skipItems', [20, 21]],
      ['removeItems', [1, 5, 8, 20, 21]],
    ]);
  });

  it('gets a tool of its own', async () => {
    await showWith(five, { queue: { selection: new Set([2]) } });
    const open = () =>
      act(async () => void fireEvent.keyDown(screen.getByRole('button', { name: 'Another tool' }), { key: 'Enter' }));
    await open();
    await act(async () => void fireEvent.click(screen.getByRole('menuitem', { name: 'Cut out' })));
    await open();
    await act(async () => void fireEvent.click(screen.getByRole('menuitem', { name: 'Same as the others' })));
    expect(commands()).toEqual([
      ['setItemSteps', { ids: [2], steps: [{ model: 'cut-out' }] }],
      ['setItemSteps', { ids: [2], steps: null }],
    ]);
    await told({ kind: 'steps', ids: [2], steps: [{ model: 'cut-out' }] });
    expect(screen.getByRole('option', { name: /, waiting, by Cut out alone$/ })).toBeDefined();
  });

  it('forgets what was removed', async () => {
    await showWith(five, { queue: { selection: new Set([2, 3]), active: 3 } });
    await told({ kind: 'removed', ids: [3] });
    expect([...getQueueScreen().selection]).toEqual([2]);
    expect(getScreen().looked).toBe(1);
  });
});
