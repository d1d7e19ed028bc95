// @vitest-environment happy-dom
import { act, screen, within } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppError } from '../../app/errors';
import type { AppState, PrepareRow } from '../../app/states';
import { whyChosen } from '../../words/engines';
import { wordsOf } from '../../words/errors';
import { App } from '../App';
import { scenes } from '../dev/scenes';
import { press, sent, show } from '../dev/show.fixture';
import { setScreen } from '../store';

const scene = (name: string): AppState => {
  const state = scenes[name];
  if (!state) throw new Error(`No scene "${name}"`);
  return state;
};
const title = () => screen.getByRole('heading', { level: 1 }).textContent;
const step = () => screen.getAllByRole('listitem', { current: 'step' }).map((item) => item.textContent);

describe('while the card is looked for', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('says so, and offers nothing yet', async () => {
    await show(<App />, scene('detecting'));
    expect(screen.getByRole('status').textContent).toBe('Looking for your graphics card…');
    expect(screen.queryByRole('button')).toBeNull();
  });

  it('offers the processor where the driver does not answer', async () => {
    await show(<App />, scene('detecting'));
    await act(async () => void vi.advanceTimersByTime(10_000));
    expect(screen.getByRole('status').textContent).toContain('It has not answered yet.');
    await press('Use your processor for now');
    expect(sent).toEqual([['continueSetup']]);
  });

  it('offers no way on before the search has begun', async () => {
    await show(<App />, { ...scene('detecting'), setup: { kind: 'starting' } });
    await act(async () => void vi.advanceTimersByTime(10_000));
    expect(screen.queryByRole('button')).toBeNull();
  });
});

describe('a card that was found', () => {
  it('is named, with what each model gets and why', async () => {
    await show(<App />, scene('found'));
    expect(title()).toBe('NVIDIA GeForce RTX 4070');
    expect(step()).toEqual(['Found']);
    expect(screen.getByRole('heading', { name: 'What each model gets' })).toBeDefined();
    expect(screen.getAllByTestId('tag').map((tag) => tag.textContent)).toEqual(Array(7).fill('ada'));
  });

  it('says once why all models get engines of one kind', async () => {
    await show(<App />, scene('found'));
    expect(screen.getAllByText(whyChosen('ada', 'NVIDIA GeForce RTX 4070'))).toHaveLength(1);
  });

  it('says of each kind of engine, by its name, why models get it', async () => {
    const { setup, ...rest } = scene('foundSome');
    if (setup.kind !== 'found') throw new Error('Expected a card');
    const engines = setup.engines.map((row) =>
      row.model === 'cut-out' && row.kind === 'engine' ? { ...row, target: 'portable' as const } : row,
    );
    await show(<App />, { ...rest, setup: { ...setup, engines } });
    expect(screen.getAllByTestId('reason').map((reason) => reason.textContent)).toEqual([
      `ada${whyChosen('ada', 'NVIDIA GeForce RTX 4070')}`,
      `portable${whyChosen('portable', 'NVIDIA GeForce RTX 4070')}`,
    ]);
  });

  it('is prepared, or left for later', async () => {
    await show(<App />, scene('found'));
    await press('Prepare your GPU');
    await press('Use your processor for now');
    expect(sent).toEqual([['prepare'], ['continueSetup']]);
  });

  it('says which tool it cannot run, why, and what to do', async () => {
    await show(<App />, scene('foundSome'));
    const row = within(screen.getByText('Photo ×4').closest('li') as HTMLElement);
    expect(row.getByText('Processor')).toBeDefined();
    expect(row.getByText(/GB/)).toBeDefined();
    expect(screen.getByRole('button', { name: 'Prepare your GPU' })).toBeDefined();
  });

  it('is not offered to be prepared where no tool can use it', async () => {
    await show(<App />, scene('foundNone'));
    expect(screen.queryByRole('button', { name: 'Prepare your GPU' })).toBeNull();
    await press('Use your processor for now');
    expect(sent).toEqual([['continueSetup']]);
  });

  it('shows what went wrong with a command, until that is closed', async () => {
    const error = new AppError('DRIVER_MISSING', {}).toReport();
    await show(<App />, scene('found'), { answers: { prepare: async () => ({ ok: false, error }) } });
    await press('Prepare your GPU');
    expect(screen.getByRole('alert').textContent).toContain(wordsOf(error).message);
    await press('Close this message');
    expect(screen.queryByRole('alert')).toBeNull();
  });
});

describe('a card that is being prepared', () => {
  it('says how many models are ready, and how far the whole is', async () => {
    await show(<App />, scene('preparing'));
    expect(title()).toBe('Preparing your GPU · 1 of 7 models');
    expect(step()).toEqual(['Preparing']);
    const share = Number(screen.getByRole('progressbar', { name: title() ?? '' }).getAttribute('aria-valuenow'));
    expect(share).toBeGreaterThan(0);
    expect(share).toBeLessThan(100);
  });

  it('says of each model what is done to it', async () => {
    await show(<App />, scene('preparing'));
    expect(screen.getByText('Putting weights back: 5 of 8 (21 of 33 MB)')).toBeDefined();
    expect(screen.getByText('Timing engines: 2 of 4')).toBeDefined();
    expect(screen.getAllByText('Waiting')).toHaveLength(4);
  });

  it('says how long it still takes once that can be believed', async () => {
    vi.useFakeTimers();
    try {
      const { setup, ...rest } = scene('preparing');
      if (setup.kind !== 'preparing') throw new Error('Expected a preparation');
      const waiting = setup.rows.map(({ model, onnxBytes }) => ({ model, onnxBytes, phase: 'waiting' as const }));
      await show(<App />, { ...rest, setup: { ...setup, rows: waiting } });
      expect(screen.getByTestId('preparation-left').textContent).toBe('');
      await act(async () => void vi.advanceTimersByTime(6000));
      const half = setup.rows.map((row, i): PrepareRow => {
        const { model, onnxBytes } = row;
        if (i % 2) return { model, onnxBytes, phase: 'waiting' };
        return { model, onnxBytes, phase: 'done', elapsedMs: 1, weightBytes: 1, planBytes: 1 };
      });
      await act(async () => setScreen({ app: { ...rest, setup: { ...setup, rows: half } } }));
      expect(screen.getByTestId('preparation-left').textContent).toBe('about 5 s left');
    } finally {
      vi.useRealTimers();
    }
  });

  it('can be left to itself, for a tool that is ready', async () => {
    await show(<App />, scene('preparing'));
    await press('Fast ×4 is ready: start now');
    expect(sent).toEqual([['continueSetup']]);
  });

  it('can be left to itself before any tool is ready', async () => {
    const { setup, ...rest } = scene('preparing');
    if (setup.kind !== 'preparing') throw new Error('Expected a preparation');
    const rows = setup.rows.map(({ model, onnxBytes }) => ({ model, onnxBytes, phase: 'waiting' as const }));
    await show(<App />, { ...rest, setup: { ...setup, rows } });
    await press('Use your processor meanwhile');
    expect(sent).toEqual([['continueSetup']]);
  });

  it('says which model failed, and goes on with the others', async () => {
    await show(<App />, scene('preparingSome'));
    const row = screen.getByText('Fast ×4').closest('li');
    expect(row?.dataset.tone).toBe('amber');
    expect(within(row as HTMLElement).getByText('pixels: off by 214, 2 allowed')).toBeDefined();
  });
});

describe('a card that is prepared', () => {
  it('says what it took and what the next start takes', async () => {
    await show(<App />, scene('prepared'));
    expect(title()).toBe('Your GPU is ready');
    expect(screen.getByText('It took').nextSibling?.textContent).toBe('6.4 s');
    expect(screen.getByText('Next start').nextSibling?.textContent).toBe('Ready at once');
    await press('Continue');
    expect(sent).toEqual([['continueSetup']]);
  });

  it('says what could not be kept for the next start', async () => {
    await show(<App />, scene('preparedSome'));
    expect(title()).toBe('Your GPU is ready for 6 of 7 models');
    expect(screen.getByText('Next start').nextSibling?.textContent).toBe('1 model prepares again');
    expect(screen.getByText('ENOSPC: no space left on device, write')).toBeDefined();
  });

  it('promises nothing where no model could be prepared', async () => {
    await show(<App />, scene('preparedNone'));
    expect(title()).toBe('Your GPU could not be prepared');
    expect(screen.queryByText('Next start')).toBeNull();
  });
});
