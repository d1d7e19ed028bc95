// @vitest-environment happy-dom
import { act, createEvent, fireEvent, screen, within } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import { AppError } from '../../app/errors';
import type { AppState } from '../../app/states';
import { wordsOf } from '../../words/errors';
import { App } from '../App';
import { scenes, workScenes } from '../dev/scenes';
import { press, sent, show } from '../dev/show.fixture';
import { getScreen, setScreen } from '../store';

const scene = (name: string): AppState => {
  const state = { ...scenes, ...workScenes }[name];
  if (!state) throw new Error(`No scene "${name}"`);
  return state;
};
const tools = () => within(screen.getByRole('navigation', { name: 'Tools' }));
const panel = () => within(screen.getByRole('complementary', { name: 'Tool' }));
const status = () => within(screen.getByRole('region', { name: 'Status' }));
/** What was asked of main, but for pixels and versions, which come by themselves. */
const commands = () => sent.filter(([command]) => !['view', 'listVersions', 'listRecent'].includes(command));

describe('the tools', () => {
  it('are listed without those that are a part of another, the chosen one marked', async () => {
    await show(<App />, scene('gpu'));
    const names = tools()
      .getAllByRole('button')
      .map((button) => button.textContent);
    expect(names).toEqual(['Photo ×4', 'Fast ×4', 'Cut out', 'Blur faces', 'Drawing ×4', 'Read text']);
    expect(tools().getByRole('button', { current: true }).textContent).toBe('Photo ×4');
  });

  it('say what they do once chosen', async () => {
    await show(<App />, scene('gpu'));
    await press('Cut out');
    expect(panel().getByRole('heading', { level: 1 }).textContent).toBe('Cut out');
    expect(panel().getByText('Keeps the subject and makes everything behind it transparent.')).toBeDefined();
  });

  it('stay as they are while one is at work', async () => {
    await show(<App />, scene('running'));
    await press('Cut out');
    expect(panel().getByRole('heading', { level: 1 }).textContent).toBe('Photo ×4');
    expect(tools().getByRole('button', { name: 'Cut out' }).getAttribute('aria-disabled')).toBe('true');
  });

  it('say which of them runs on the processor, and why', async () => {
    await show(<App />, scene('gpuSome'), { with: { selected: 'fast-x4' } });
    expect(tools().getByRole('button', { name: 'Fast ×4 Runs on your processor' })).toBeDefined();
    expect(panel().getAllByText('pixels: off by 214, 2 allowed').length).toBeGreaterThan(0);
  });

  it('are said to be missing where none came', async () => {
    await show(<App />, scene('gpu'), { with: { models: [], selected: null } });
    expect(tools().getByText('No tools came with this copy of Refit.')).toBeDefined();
  });
});

describe('without a picture', () => {
  it('offers to open one, and starts nothing', async () => {
    await show(<App />, scene('gpu'));
    expect(screen.getByRole('heading', { name: 'Drop pictures or a folder here' })).toBeDefined();
    expect(screen.getByRole('button', { name: /^Open pictures…/ })).toBeDefined();
    expect((screen.getByRole('button', { name: 'Start' }) as HTMLButtonElement).disabled).toBe(true);
  });

  it("asks for the chosen tool's sample", async () => {
    const error = new AppError('FILE_MISSING', { file: 'sample.png' }).toReport();
    await show(<App />, scene('gpu'), { answers: { sample: async () => ({ ok: false, error }) } });
    await press('Try the sample');
    expect(commands()).toEqual([['sample', 'photo-x4']]);
    expect(screen.getByRole('alert').textContent).toContain(wordsOf(error).message);
  });

  it('says beside it what was wrong with a file, until that is closed', async () => {
    const pictureError = new AppError('FILE_MISSING', { file: 'cat.png' }).toReport();
    await show(<App />, scene('gpu'), { with: { pictureError } });
    expect(screen.getByRole('alert').textContent).toContain(wordsOf(pictureError).remedy);
    await press('Close this message');
    expect(screen.queryByRole('alert')).toBeNull();
  });
});

describe('several pictures', () => {
  const item = (name: string, isDirectory = false) => ({
    kind: 'file',
    getAsFile: () => new File([], name),
    webkitGetAsEntry: () => ({ isDirectory }),
  });
  const drop = (...items: object[]) => {
    const event = createEvent.drop(document.body);
    Object.defineProperty(event, 'dataTransfer', { value: { items, types: ['Files'] } });
    return act(async () => void fireEvent(document.body, event));
  };

  it('are added to the queue when they are dropped, as a folder is', async () => {
    await show(<App />, scene('picture'));
    await drop(item('one.png'), item('two.png'));
    await drop(item('Cats', true));
    expect(commands()).toEqual([
      ['addDropped', null],
      ['addDropped', null],
    ]);
  });

  it('and one that lies in no file: that one is opened by itself, though there is a queue', async () => {
    await show(<App />, scene('picture'), {
      queue: { shown: true },
      answers: { addDropped: async () => ({ ok: true, value: 'noFile' }) },
    });
    await drop(item('from a browser.png'));
    // It was tried: happy-dom has no worker that would decode it.
    await vi.waitFor(() => expect(getScreen().pictureError?.code).toBe('INTERNAL'));
  });

  it('are added to the queue when they are pasted', async () => {
    await show(<App />, scene('picture'));
    const event = new Event('paste', { bubbles: true });
    Object.assign(event, { clipboardData: { items: [item('one.png'), item('two.png')] } });
    await act(async () => void fireEvent(document.body, event));
    expect(commands()).toEqual([['addDropped', null]]);
  });

  it('are added to the queue when they are chosen at once', async () => {
    await show(<App />, scene('gpu'));
    const files = [new File([], 'one.png'), new File([], 'two.png')];
    await act(async () => void fireEvent.change(screen.getByTestId('file-input'), { target: { files } }));
    expect(commands()).toEqual([['addDropped', null]]);
  });

  it('and a folder are asked for by a button', async () => {
    await show(<App />, scene('gpu'));
    await press(/^Open folder…/);
    expect(commands()).toEqual([['chooseForQueue', { what: 'folder', before: null }]]);
  });

  it('say where they could not be added', async () => {
    const error = new AppError('BUSY', {}).toReport();
    await show(<App />, scene('gpu'), { answers: { addDropped: async () => ({ ok: false, error }) } });
    await drop(item('one.png'), item('two.png'));
    expect(screen.getByRole('alert').textContent).toContain(wordsOf(error).message);
  });
});

describe('an open picture', () => {
  it('is shown with its size and what that becomes', async () => {
    await show(<App />, scene('picture'));
    expect(screen.getByRole('region', { name: /^Picture\./ })).toBeDefined();
    expect(status().getByText('300 × 200 → 1200 × 800')).toBeDefined();
    expect(screen.queryByRole('slider', { name: 'Compare before and after' })).toBeNull();
  });

  it('says what was noticed while it was read, until that is hidden', async () => {
    await show(<App />, scene('pictureNoted'));
    expect(screen.getByText('This is an animation. Its first frame is used.')).toBeDefined();
    await press('Hide what was noticed');
    expect(screen.queryByText('This is an animation. Its first frame is used.')).toBeNull();
  });

  it('is worked on by Start, and by Enter', async () => {
    await show(<App />, scene('picture'));
    await press('Start');
    await act(async () => void fireEvent.keyDown(document.body, { key: 'Enter' }));
    const job = ['startJob', { model: 'photo-x4', picture: 1, format: 'png' }];
    expect(commands()).toEqual([job, job]);
  });

  it('says what kept it from being started', async () => {
    const error = new AppError('MODEL_MISSING', { model: 'Photo ×4' }).toReport();
    await show(<App />, scene('picture'), { answers: { startJob: async () => ({ ok: false, error }) } });
    await press('Start');
    expect(screen.getByRole('alert').textContent).toContain(wordsOf(error).message);
    expect((screen.getByRole('button', { name: 'Start' }) as HTMLButtonElement).disabled).toBe(false);
  });

  it('is zoomed from the keyboard and the buttons', async () => {
    await show(<App />, scene('picture'));
    const fit = screen.getByRole('button', { name: 'Fit' });
    expect(fit.getAttribute('aria-pressed')).toBe('true');
    await press('100 %');
    expect(fit.getAttribute('aria-pressed')).toBe('false');
    await act(async () => void fireEvent.keyDown(document.body, { key: '0' }));
    expect(fit.getAttribute('aria-pressed')).toBe('true');
  });
});

describe('a tool at work', () => {
  it('says how far it is, in words and in a bar', async () => {
    await show(<App />, scene('running'));
    expect(status().getAllByText(/^Photo ×4 · 2 of 6 tiles/).length).toBeGreaterThan(0);
    expect(status().getByRole('progressbar', { name: 'Progress' }).getAttribute('aria-valuenow')).toBe('33');
  });

  it('is cancelled by its button, and by Escape', async () => {
    await show(<App />, scene('running'));
    await press(/^Cancel/);
    await act(async () => void fireEvent.keyDown(document.body, { key: 'Escape' }));
    expect(commands()).toEqual([['cancelJob'], ['cancelJob']]);
    expect(screen.queryByRole('button', { name: /^Save/ })).toBeNull();
  });

  it('reads out each tenth, not each tile', async () => {
    await show(<App />, scene('running'));
    const { job } = scene('running');
    if (job.kind !== 'running') throw new Error('Expected a running job');
    const said = () => status().getByRole('status').textContent;
    const at = (done: number) =>
      act(async () => setScreen({ app: { ...scene('running'), job: { ...job, done, total: 100 } } }));
    await at(20);
    const words = said();
    await at(29);
    expect(said()).toBe(words);
    await at(30);
    expect(said()).toContain('30 of 100 tiles');
  });

  it('says that it does not answer', async () => {
    await show(<App />, scene('runningSilent'));
    expect(status().getAllByText('Photo ×4 does not answer; restarts if that lasts.').length).toBeGreaterThan(0);
  });

  it('says where it stopped, and can be started again', async () => {
    await show(<App />, scene('stopped'));
    expect(status().getAllByText('Stopped at 2 of 6 tiles').length).toBeGreaterThan(0);
    await press('Start again');
    expect(commands()).toEqual([['startJob', { model: 'photo-x4', picture: 1, format: 'png' }]]);
  });

  it("says why it failed, what to do, and the library's words", async () => {
    await show(<App />, scene('failed'));
    const alert = screen.getByRole('alert');
    expect(alert.textContent).toContain('This computer has too little free memory for Photo ×4.');
    expect(alert.textContent).toContain('Close other programs, then start the picture again.');
    expect(within(alert).getByText('cuMemAlloc: out of memory')).toBeDefined();
    expect(status().getAllByText('Stopped by an error').length).toBeGreaterThan(0);
  });

  it('that failed is no news to another tool', async () => {
    await show(<App />, scene('failed'), { with: { selected: 'cut-out' } });
    expect(screen.queryByRole('alert')).toBeNull();
  });
});

describe('a finished picture', () => {
  it('is compared with the one before', async () => {
    await show(<App />, scene('done'));
    const slider = screen.getByRole('slider', { name: 'Compare before and after' });
    expect(slider.getAttribute('aria-valuetext')).toBe('50 % before');
    await act(async () => void fireEvent.keyDown(slider, { key: 'ArrowRight' }));
    expect(slider.getAttribute('aria-valuetext')).toBe('52 % before');
    await act(async () => void fireEvent.keyDown(slider, { key: 'ArrowLeft', shiftKey: true }));
    expect(slider.getAttribute('aria-valuetext')).toBe('42 % before');
    expect(status().getAllByText('Done in 6.2 s').length).toBeGreaterThan(0);
  });

  it('is saved as it was chosen, and says where to', async () => {
    await show(<App />, scene('done'), {
      answers: { save: async () => ({ ok: true, value: { kind: 'saved', name: 'cat ×4.jpg', folder: 'Pictures' } }) },
    });
    await act(async () => void fireEvent.click(screen.getByRole('radio', { name: 'JPEG' })));
    const quality = screen.getByRole('slider', { name: 'Quality' });
    await act(async () => void fireEvent.change(quality, { target: { value: '80' } }));
    await act(async () => void fireEvent.click(screen.getByRole('radio', { name: '×2' })));
    await act(async () => void fireEvent.click(screen.getByRole('checkbox', { name: 'Place where it was taken' })));
    await press('Save picture…');
    const saved = { suggestedName: 'cat ×2.jpg', format: 'jpeg', quality: 80, width: 600, height: 400 };
    expect(commands()).toEqual([['save', { ...saved, keepMetadata: true, keepPlace: false }]]);
    expect(screen.getByText('Saved as cat ×4.jpg')).toBeDefined();
    await press('Show in folder');
    expect(commands().at(-1)).toEqual(['showInFolder']);
  });

  it('becomes the picture that the next tool works on', async () => {
    await show(<App />, scene('done'), { with: { view: { kind: 'free', scale: 2, x: 0, y: 0 } } });
    await press('Use as input');
    expect(commands()).toEqual([['useResult']]);
    expect(getScreen().view).toEqual({ kind: 'fit' });
  });

  it('that is no picture is no input', async () => {
    await show(<App />, scene('text'));
    expect(screen.queryByRole('button', { name: 'Use as input' })).toBeNull();
  });

  it('stays as large as it is seen while a person types a width', async () => {
    await show(<App />, scene('done'), { with: { size: { kind: 'width', width: 600 } } });
    const field = screen.getByRole('spinbutton', { name: 'Width in pixels' });
    await act(async () => void fireEvent.keyDown(field, { key: '1' }));
    expect(getScreen().view).toEqual({ kind: 'fit' });
  });

  it('has a width that can be emptied to type another', async () => {
    await show(<App />, scene('done'), { with: { size: { kind: 'width', width: 600 } } });
    const field = screen.getByRole('spinbutton', { name: 'Width in pixels' }) as HTMLInputElement;
    const type = (value: string) => act(async () => void fireEvent.change(field, { target: { value } }));
    await type('');
    expect([field.value, getScreen().size]).toEqual(['', { kind: 'width', width: 600 }]);
    await type('90');
    expect(getScreen().size).toEqual({ kind: 'width', width: 90 });
    await type('');
    await act(async () => void fireEvent.blur(field));
    expect(field.value).toBe('90');
  });

  it('keeps no place where the other facts are not kept', async () => {
    await show(<App />, scene('done'));
    const box = (name: string) => screen.getByRole('checkbox', { name }) as HTMLInputElement;
    await act(async () => void fireEvent.click(box('Date, camera and other facts')));
    expect(box('Place where it was taken')).toMatchObject({ checked: false, disabled: true });
  });

  it('says how far the saving is, and stops it', async () => {
    await show(<App />, scene('done'), { with: { saving: { kind: 'saving', share: 0.4 } } });
    expect((screen.getByRole('button', { name: 'Saving… 40 %' }) as HTMLButtonElement).disabled).toBe(true);
    await press('Stop saving');
    expect(commands()).toEqual([['cancelSave']]);
  });

  it('is written as it was chosen, whatever a person presses meanwhile', async () => {
    await show(<App />, scene('done'), { with: { saving: { kind: 'saving', share: 0.4 } } });
    await act(async () => void fireEvent.click(screen.getByRole('radio', { name: 'JPEG' })));
    await act(async () => void fireEvent.click(screen.getByRole('radio', { name: '×2' })));
    await act(async () => void fireEvent.click(screen.getByRole('checkbox', { name: 'Place where it was taken' })));
    await press('Fast ×4');
    await press('Photo ×4');
    expect(getScreen()).toMatchObject({ format: 'png', size: { kind: 'whole' }, keepPlace: null });
    expect(screen.getByRole('button', { name: 'Saving… 40 %' })).toBeDefined();
  });

  it('says why it could not be saved', async () => {
    const error = new AppError('CACHE_FULL', { neededBytes: 48e6 }).toReport();
    await show(<App />, scene('done'), { answers: { save: async () => ({ ok: false, error }) } });
    await press('Save picture…');
    expect(screen.getByRole('alert').textContent).toContain(wordsOf(error).remedy);
    expect(screen.queryByText(/^Saved as/)).toBeNull();
  });
});

describe('the status line', () => {
  it('names the GPU that works', async () => {
    await show(<App />, scene('gpu'));
    expect(status().getByText(/^RTX 4070/).textContent).toBe('RTX 4070 · TensorRT-RTX 1.6.1 · ready');
  });

  it('says on a card why the processor works, what to do, and looks again', async () => {
    await show(<App />, scene('cpu'));
    await press('Running on your processor. Why?');
    const card = within(screen.getByRole('dialog', { name: 'Running on your processor' }));
    expect(card.getByText(/too old for Refit’s engines\.$/)).toBeDefined();
    expect(card.getByText(/^Install driver 570 or newer/)).toBeDefined();
    expect(card.getByText('cuInit: CUDA_ERROR_SYSTEM_DRIVER_MISMATCH (803)')).toBeDefined();
    await press('Look for the GPU again');
    expect(commands()).toEqual([['retry']]);
  });

  it('says notices, each until it is closed', async () => {
    await show(<App />, scene('gpuSome'));
    const notices = within(screen.getByRole('region', { name: 'Notes' }));
    expect(notices.getByRole('status').textContent).toContain('Photo ×4');
    await press('Close this message');
    expect(screen.queryByRole('region', { name: 'Notes' })).toBeNull();
  });
});
