// @vitest-environment happy-dom
import { act, fireEvent, screen, within } from '@testing-library/react';
import axe from 'axe-core';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../app/errors';
import type { QueueSettings, Recipe } from '../../app/queue';
import { wordsOf } from '../../words/errors';
import { queueScenes } from '../dev/scenes';
import { press } from '../dev/show.fixture';
import { commands, queueScene, showWith, told } from './queue.fixture';
import { getQueueScreen } from './store';

const panel = () => within(screen.getByRole('complementary', { name: 'Tool' }));
const status = () => within(screen.getByRole('region', { name: 'Status' }));
const choose = (name: string) => act(async () => void fireEvent.click(panel().getByRole('radio', { name })));
const example = () => screen.queryByTestId('queue-example')?.textContent;
const keyDown = (key: string, more: object = {}) =>
  act(async () => void fireEvent.keyDown(document.body, { key, ...more }));
/** The recipe that main was told last. */
const recipe = (): Recipe | undefined => {
  const [, settings] = commands().findLast(([command]) => command === 'setQueue') ?? [];
  return (settings as { recipe: Recipe } | undefined)?.recipe;
};
const addStep = async (name: string) => {
  await act(
    async () => void fireEvent.keyDown(screen.getByRole('button', { name: 'Then another tool…' }), { key: 'Enter' }),
  );
  await act(async () => void fireEvent.click(screen.getByRole('menuitem', { name })));
};

describe.each(Object.keys(queueScenes))('%s', (name) => {
  it('breaks no rule of accessibility that axe knows', async () => {
    await showWith(queueScene(name));
    // Nothing is drawn here: colours are for the end-to-end tests, and what is hidden is not known to be.
    const { violations } = await axe.run(
      { include: ['body'], exclude: ['[hidden]'] },
      {
        runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] },
        rules: { 'color-contrast': { enabled: false } },
      },
    );
    expect(violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))).toEqual([]);
  });
});

describe('recipes', () => {
  const open = () =>
    act(async () => void fireEvent.keyDown(screen.getByRole('button', { name: 'Recipes' }), { key: 'Enter' }));
  const pick = (name: string) => act(async () => void fireEvent.click(screen.getByRole('menuitem', { name })));

  it('keeps what is set under a name', async () => {
    await showWith(queueScene('queueWaiting'));
    await open();
    await pick('Keep these settings…');
    fireEvent.change(screen.getByRole('textbox', { name: 'Name of the recipe' }), { target: { value: ' shop ' } });
    await press('Keep');
    expect(commands()).toEqual([['keepRecipe', 'shop']]);
  });

  it('takes one that was kept, with its first tool', async () => {
    await showWith(queueScene('queueWaiting'));
    const kept = { ...(getQueueScreen().queue.settings as QueueSettings).recipe, format: 'webp' as const };
    await told({ kind: 'recipes', recipes: [{ name: 'shop', recipe: { ...kept, steps: [{ model: 'cut-out' }] } }] });
    await open();
    await pick('shop');
    expect(recipe()).toMatchObject({ format: 'webp', steps: [{ model: 'cut-out' }] });
    expect(panel().getByRole('heading', { name: 'Cut out' })).toBeDefined();
  });
});

describe('a queue that waits', () => {
  it('is started by its button, and by Enter', async () => {
    await showWith(queueScene('queueWaiting'));
    await press('Start 40 pictures');
    await keyDown('Enter');
    expect(commands()).toEqual([['startQueue'], ['startQueue']]);
  });

  it('says with an example where the files go', async () => {
    await showWith(queueScene('queueWaiting'));
    expect(panel().getByText('Beside each picture')).toBeDefined();
    expect(example()).toBe('Holiday/2023/Norway/beach 1 ×4.jpg');
    await press('Choose folder…');
    await told({ kind: 'output', output: 'Enlarged' });
    expect(panel().getByText('Enlarged')).toBeDefined();
    await act(async () => void fireEvent.click(screen.getByRole('checkbox', { name: 'Keep subfolders' })));
    expect(example()).toBe('beach 1 ×4.jpg');
    await press('Beside each picture');
    expect(commands().filter(([command]) => command === 'chooseOutput')).toEqual([
      ['chooseOutput', 'choose'],
      ['chooseOutput', 'beside'],
    ]);
  });

  it('takes a pattern of names, and says what is wrong with one', async () => {
    await showWith(queueScene('queueWaiting'));
    const field = screen.getByRole('textbox', { name: 'Name' });
    const type = (value: string) => act(async () => void fireEvent.change(field, { target: { value } }));
    await type('{number} {name}');
    expect(example()).toBe('Holiday/2023/Norway/001 beach 1.jpg');
    await type('{nmae}');
    expect(panel().getByRole('alert').textContent).toContain('{nmae} is none of');
    expect(field.getAttribute('aria-invalid')).toBe('true');
    expect(example()).toBe('Holiday/2023/Norway/001 beach 1.jpg');
    await type('all');
    expect(panel().queryByRole('alert')).toBeNull();
    expect(panel().getByText(/^All get the same name/)).toBeDefined();
    expect(commands().map(([, settings]) => (settings as { pattern: string }).pattern)).toEqual([
      '{number} {name}',
      'all',
    ]);
  });

  it('is written as a person chooses', async () => {
    await showWith(queueScene('queueWaiting'));
    await choose('WebP');
    await choose('×2');
    await act(async () => void fireEvent.click(screen.getByRole('checkbox', { name: 'Place where it was taken' })));
    expect(recipe()).toMatchObject({ format: 'webp', size: { kind: 'times', times: 2 }, keepPlace: false });
    expect(example()).toBe('Holiday/2023/Norway/beach 1 ×2.webp');
  });

  it('says what main refused', async () => {
    const error = new AppError('BUSY', {}).toReport();
    await showWith(queueScene('queueWaiting'), { answers: { startQueue: async () => ({ ok: false, error }) } });
    await press('Start 40 pictures');
    expect(panel().getByRole('alert')).toBeDefined();
  });
});

describe('a chain of tools', () => {
  it('cuts out, puts white behind and enlarges', async () => {
    await showWith(queueScene('queueChain'), { queue: {} });
    await press('Leave out Photo ×4');
    expect(recipe()?.steps).toEqual([{ model: 'cut-out', ground: { kind: 'colour', colour: '#ffffff' } }]);
    await choose('Nothing');
    expect(panel().getByText(/^JPEG has no transparency/)).toBeDefined();
    await choose('Colour');
    await addStep('Photo ×4');
    expect(recipe()?.steps).toEqual([
      { model: 'cut-out', ground: { kind: 'colour', colour: '#ffffff' } },
      { model: 'photo-x4' },
    ]);
    expect(example()).toBe('beach 1 cut out ×4.jpg');
  });

  it('keeps no place of people that it hides, unless it is chosen again', async () => {
    await showWith(queueScene('queueWaiting'));
    await addStep('Blur faces');
    expect(recipe()?.keepPlace).toBe(false);
    await choose('Black');
    expect(recipe()?.steps.at(-1)).toEqual({ model: 'blur-faces', hide: { style: 'solid', strength: 'medium' } });
    await act(async () => void fireEvent.click(screen.getByRole('checkbox', { name: 'Place where it was taken' })));
    expect(recipe()?.keepPlace).toBe(true);
  });

  it('ends with text, in one file for all or one each', async () => {
    await showWith(queueScene('queueText'));
    expect(screen.queryByRole('button', { name: 'Then another tool…' })).toBeNull();
    expect(panel().queryByRole('radio', { name: 'PNG' })).toBeNull();
    await act(async () => void fireEvent.click(screen.getByRole('checkbox', { name: 'One file for all pictures' })));
    await choose('Table');
    expect(recipe()?.text).toEqual({ format: 'csv', together: false });
    expect(example()).toBe('beach 1.csv');
  });

  it('has four tools at most', async () => {
    await showWith(queueScene('queueWaiting'));
    for (const name of ['Cut out', 'Blur faces', 'Fast ×4']) await addStep(name);
    expect(recipe()?.steps).toHaveLength(4);
    expect(screen.queryByRole('button', { name: 'Then another tool…' })).toBeNull();
  });
});

describe('a queue at work', () => {
  it('says how far it is, and pauses', async () => {
    await showWith(queueScene('queueRunning'));
    expect(status().getAllByText('12 of 40 · about 3 min').length).toBeGreaterThan(0);
    expect(status().getByRole('progressbar').getAttribute('aria-valuenow')).toBe('30');
    await act(async () => void fireEvent.click(status().getByRole('button', { name: 'Pause' })));
    await act(async () => void fireEvent.click(panel().getByRole('button', { name: 'Pause' })));
    await keyDown('Escape');
    expect(commands()).toEqual([['pauseQueue'], ['pauseQueue'], ['pauseQueue']]);
  });

  it('keeps its recipe as it is', async () => {
    await showWith(queueScene('queueRunning'));
    await choose('PNG');
    await act(async () => void fireEvent.click(screen.getByTestId('tool-cut-out')));
    expect(commands()).toEqual([]);
    expect(panel().getByRole('heading', { level: 1 }).textContent).toBe('Photo ×4');
  });

  it('reads out each tenth, not each picture', async () => {
    await showWith(queueScene('queueRunning'));
    const said = () => screen.getByTestId('status-said').textContent;
    const before = said();
    const save = (id: number) =>
      told({ kind: 'states', states: [{ id, state: { kind: 'saved', file: 'a.jpg', elapsedMs: 1 } }] });
    await save(13);
    expect(said()).toBe(before);
    for (const id of [14, 15, 16]) await save(id);
    expect(said()).toBe('16 of 40 · about 3 min');
  });

  it('goes on where it was paused', async () => {
    await showWith(queueScene('queuePaused'));
    expect(status().getAllByText('Paused at 12 of 40').length).toBeGreaterThan(0);
    await press('Go on with 28 pictures');
    expect(commands()).toEqual([['startQueue']]);
  });
});

describe('a queue that paused by itself', () => {
  it('says beside the button why, and what to do, and goes on from there', async () => {
    const reason = new AppError('OUTPUT_GONE', { folder: 'Enlarged' }).toReport();
    await showWith({ ...queueScene('queuePaused'), phase: { kind: 'paused', reason } });
    const actions = within(screen.getByTestId('queue-actions'));
    const { message, remedy } = wordsOf(reason);
    expect(actions.getByRole('status').textContent).toBe(message + remedy);
    expect(status().getAllByText('Paused at 12 of 40').length).toBeGreaterThan(0);
    await press('Go on with 28 pictures');
    expect(commands()).toEqual([['startQueue']]);
    await told({ kind: 'phase', phase: { kind: 'running' } });
    expect(actions.queryByText(message)).toBeNull();
  });
});

describe('a queue that ended', () => {
  it('says it in one sentence, and names what failed with its reason', async () => {
    await showWith(queueScene('queueEnded'));
    const ending = within(screen.getByTestId('queue-ending'));
    expect(ending.getByRole('status').textContent).toBe('38 saved, 2 could not be read.');
    expect(ending.getAllByRole('listitem').map((item) => item.textContent)).toEqual([
      'sunset 5.jpg is not a picture we can read. Open a PNG, JPEG or WebP file.',
      'market 10.jpg is empty. Open another copy of the picture.',
    ]);
    expect(
      panel().getByText('3 files were left out: they are not pictures. 1 file or folder could not be read.'),
    ).toBeDefined();
    await press('Try sunset 5.jpg again');
    await press('Try all again');
    await press('Show folder');
    await press('Clear the queue');
    expect(commands().slice(0, 3)).toEqual([['retryItems', [5]], ['retryItems', [5, 10]], ['showQueueFolder']]);
    expect(commands()[3]?.[0]).toBe('removeItems');
  });
});

describe('a picture that is none of the queue', () => {
  it('has the panel to itself', async () => {
    await showWith(queueScene('queueWaiting'), { with: { looked: null } });
    await press('Start');
    expect(commands().map(([command]) => command)).toEqual(['startJob']);
  });
});

it('folders are asked for by Ctrl, Shift and O', async () => {
  await showWith(queueScene('queueWaiting'));
  await keyDown('O', { ctrlKey: true, shiftKey: true });
  await keyDown('o', { ctrlKey: true });
  expect(commands()).toEqual([
    ['chooseForQueue', { what: 'folder', before: null }],
    ['chooseForQueue', { what: 'pictures', before: null }],
  ]);
});
