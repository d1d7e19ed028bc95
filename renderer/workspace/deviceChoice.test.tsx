// @vitest-environment happy-dom
import { act, fireEvent, screen, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../app/errors';
import { initialState } from '../../app/states';
import { fullWordsOf, wordsOf } from '../../words/errors';
import { App } from '../App';
import { scenes, workScenes } from '../dev/scenes';
import { press, sent, show } from '../dev/show.fixture';
import { setScreen } from '../store';

const scene = (name: string) => ({ ...scenes, ...workScenes })[name] ?? initialState;
const group = (name: RegExp) => within(screen.getByRole('radiogroup', { name }));
const rows = (name: RegExp) => group(name).getAllByRole<HTMLButtonElement>('radio');
const choose = (row: HTMLElement | undefined) => act(async () => void (row && fireEvent.click(row)));
const chosen = () => sent.filter(([command]) => command === 'chooseDevice').map(([, preference]) => preference);

describe('the cards of a machine that has several', () => {
  it('are offered on the first screen, the best with its reason, one without engines disabled', async () => {
    await show(<App />, scene('foundSeveral'));
    const [large, small, old] = rows(/^Graphics card/);
    expect(large?.textContent).toContain('RTX 4090Proposed: likely the fastest.');
    expect([large, small].map((row) => row?.getAttribute('aria-checked'))).toEqual(['true', 'false']);
    expect(old?.textContent).toContain('Refit has no engines for it.');
    expect(old?.disabled).toBe(true);
    await choose(small);
    await choose(old);
    expect(chosen()).toEqual([{ gpu: 'GPU-0', upTo: 'gpu' }]);
  });

  it('are left to Refit again by choosing the best', async () => {
    await show(<App />, { ...scene('foundSeveral'), preference: { gpu: 'GPU-0', upTo: 'gpu' } });
    await choose(rows(/^Graphics card/)[0]);
    expect(chosen()).toEqual([{ gpu: null, upTo: 'gpu' }]);
  });

  it('show the best as taken where the chosen one is gone', async () => {
    await show(<App />, { ...scene('foundSeveral'), preference: { gpu: 'GPU-9', upTo: 'gpu' } });
    expect(rows(/^Graphics card/)[0]?.getAttribute('aria-checked')).toBe('true');
  });

  it('are numbered where they are of one kind', async () => {
    const { gpus, ...rest } = scene('foundSeveral');
    const [large] = gpus.rows;
    if (!large) throw new Error('Expected a card');
    const twins = [large, { ...large, gpu: { ...large.gpu, uuid: 'GPU-7' } }];
    await show(<App />, { ...rest, gpus: { rows: twins, merit: 'alike' } });
    expect(rows(/^Graphics card/).map((row) => row.textContent?.slice(0, 12))).toEqual([
      'RTX 4090 (1)',
      'RTX 4090 (2)',
    ]);
  });

  it('are no choice where there is one', async () => {
    await show(<App />, scene('found'));
    expect(screen.queryByRole('radiogroup')).toBeNull();
  });
});

describe('the card of the status line', () => {
  it('offers every device, with what it takes for the open picture', async () => {
    await show(<App />, scene('pictureSeveral'));
    await press(/^RTX 4090/);
    expect(screen.getByRole('dialog', { name: 'Running on RTX 4090' })).toBeDefined();
    expect(rows(/^Runs on/).map((row) => /about .*/.exec(row.textContent ?? '')?.[0])).toEqual([
      'about 27 ms',
      'about 401 ms',
      'about 54 s',
    ]);
    await choose(rows(/^Runs on/)[2]);
    await choose(rows(/^Graphics card/)[1]);
    expect(chosen()).toEqual([
      { gpu: null, upTo: 'cpu' },
      { gpu: 'GPU-0', upTo: 'gpu' },
    ]);
  });

  it('stays open where the choice changes what works', async () => {
    await show(<App />, scene('pictureSeveral'));
    await press(/^RTX 4090/);
    await act(async () => setScreen({ app: scene('cpuChosen') }));
    expect(screen.getByRole('dialog', { name: 'Running on your processor' })).toBeDefined();
    expect(rows(/^Runs on/).map((row) => row.getAttribute('aria-checked'))).toEqual(['false', 'false', 'true']);
  });

  it('has all cards work on a queue where a person wants that, and keeps the rest of the choice', async () => {
    await show(<App />, { ...scene('pictureSeveral'), preference: { gpu: 'GPU-0', upTo: 'gpu' } });
    await press(/^RTX 4090/);
    const box = screen.getByRole<HTMLInputElement>('checkbox', { name: 'All of them work on a queue' });
    expect(box.checked).toBe(false);
    await act(async () => void fireEvent.click(box));
    expect(chosen()).toEqual([{ gpu: 'GPU-0', upTo: 'gpu', sharesQueue: true }]);
  });

  it('offers no shared queue where one card serves', async () => {
    await show(<App />, scene('gpu'));
    await press(/^RTX 4070/);
    expect(screen.queryByRole('checkbox')).toBeNull();
  });

  it('sends WebGPU to the cards of one maker where there are several, or leaves that to it', async () => {
    await show(<App />, { ...scene('pictureSeveral'), makers: ['nvidia', 'intel'] });
    await press(/^RTX 4090/);
    expect(rows(/^WebGPU works on/).map((row) => row.textContent)).toEqual([
      'The first that it finds',
      'NVIDIA',
      'Intel',
    ]);
    await choose(rows(/^WebGPU works on/)[2]);
    expect(chosen()).toEqual([{ gpu: null, upTo: 'gpu', maker: 'intel' }]);
  });

  it('says no time that was not measured', async () => {
    await show(<App />, scene('gpu'));
    await press(/^RTX 4070/);
    expect(rows(/^Runs on$/).some((row) => /about/.test(row.textContent ?? ''))).toBe(false);
  });

  it('says why WebGPU does not serve the tool, and what would help', async () => {
    const reason = new AppError('WEBGPU_NONE', {}).toReport();
    await show(<App />, { ...scene('gpu'), webgpu: [{ model: 'photo-x4', kind: 'refused', reason }] });
    await press(/^RTX 4070/);
    expect(rows(/^Runs on/)[1]?.textContent).toContain(fullWordsOf(reason));
    expect(fullWordsOf(reason)).toContain('libvulkan1');
  });

  it('takes the processor that was chosen for no fault, and offers the way back', async () => {
    await show(<App />, scene('cpuChosen'));
    await press('Processor');
    const card = within(screen.getByRole('dialog', { name: 'Running on your processor' }));
    expect(card.getByText('You chose the processor, so the graphics card is left alone.')).toBeDefined();
    expect(card.queryByRole('button', { name: 'Look for the GPU again' })).toBeNull();
    await choose(rows(/^Runs on/)[0]);
    expect(chosen()).toEqual([{ gpu: null, upTo: 'gpu' }]);
  });

  it('says why WebGPU that was chosen does not work', async () => {
    const reason = new AppError('WEBGPU_NO_FLOAT16', { model: 'Photo ×4' }).toReport();
    await show(<App />, {
      ...scene('gpu'),
      preference: { gpu: null, upTo: 'webgpu' },
      webgpu: [{ model: 'photo-x4', kind: 'refused', reason }],
    });
    await press('Processor');
    const card = within(screen.getByRole('dialog', { name: 'Running on your processor' }));
    expect(card.getByText(wordsOf(reason).message)).toBeDefined();
    expect(card.getByText(wordsOf(reason).remedy)).toBeDefined();
  });
});
