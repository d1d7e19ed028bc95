// @vitest-environment happy-dom
import { act, fireEvent, screen, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import type { Outcome, RefitApi, Saved } from '../../app/contract';
import { AppError } from '../../app/errors';
import type { AppState } from '../../app/states';
import { wordsOf } from '../../words/errors';
import { App } from '../App';
import { workScenes } from '../dev/scenes';
import { press, sent, show } from '../dev/show.fixture';
import { getScreen, setScreen } from '../store';

const { faces } = workScenes as { faces: AppState };
const boxes = () =>
  within(screen.getByRole('region', { name: /^Hidden parts/ })).queryAllByRole('button', { name: /^Hidden part/ });
/** Applies an edit as main does. */
const changeAnswer: RefitApi['changeAnswer'] = async ({ answer }) => {
  const { app } = getScreen();
  if (app.result && answer.kind === 'hide') setScreen({ app: { ...app, result: { ...app.result, hides: answer } } });
  return { ok: true, value: null };
};
const showFaces = () => show(<App />, faces, { answers: { changeAnswer } });
/** The last edit that main was asked for. */
const asked = () => sent.filter(([command]) => command === 'changeAnswer').at(-1)?.[1];
const choose = (name: string) => act(async () => void fireEvent.click(screen.getByRole('radio', { name })));
const chosen = () => screen.getAllByRole('radio', { checked: true }).map((radio) => radio.textContent);

it('names each box, and how the faces are hidden', async () => {
  await showFaces();
  expect(boxes().map((box) => box.getAttribute('aria-label'))).toEqual(['Hidden part 1 of 2', 'Hidden part 2 of 2']);
  expect(chosen()).toEqual(expect.arrayContaining(['Pixels', 'Medium']));
});

it('hides them another way, and has no strength of black', async () => {
  await showFaces();
  await choose('Black');
  expect(asked()).toMatchObject({ jobId: 2, answer: { kind: 'hide', style: 'solid', strength: 'medium' } });
  expect(screen.queryByRole('radio', { name: 'Strong' })).toBeNull();
});

it('takes an edit back where main did not apply it', async () => {
  const error = new AppError('OUT_OF_MEMORY', { model: 'Blur faces' }).toReport();
  await show(<App />, faces, { answers: { changeAnswer: async () => ({ ok: false, error }) } });
  await choose('Blur');
  expect(chosen()).toContain('Pixels');
  expect(screen.getByRole('alert').textContent).toContain(wordsOf(error).message);
});

it('is saved once, with an edit that main has yet to apply, however often a person asks', async () => {
  let apply = () => {};
  const changed = new Promise<void>((resolve) => {
    apply = resolve;
  });
  await show(<App />, faces, {
    answers: { changeAnswer: (change) => changed.then(() => changeAnswer(change)), save: () => new Promise(() => {}) },
  });
  await choose('Black');
  const saves = () => sent.filter(([command]) => command === 'save').length;
  for (let i = 0; i < 2; i++) await act(async () => void fireEvent.keyDown(document.body, { key: 's', ctrlKey: true }));
  expect(saves()).toBe(0);
  await act(async () => apply());
  expect(saves()).toBe(1);
});

it('says nothing of a save beside another picture than the saved one', async () => {
  let save = (_: Outcome<Saved>): void => {};
  const saved = new Promise<Outcome<Saved>>((resolve) => {
    save = resolve;
  });
  await show(<App />, faces, { answers: { save: () => saved } });
  await act(async () => void fireEvent.keyDown(document.body, { key: 's', ctrlKey: true }));
  // As whatever opens another one.
  act(() => setScreen({ saving: { kind: 'no' } }));
  await act(async () => save({ ok: true, value: { kind: 'saved', name: 'faces.png', folder: 'Pictures' } }));
  expect(getScreen().saving).toEqual({ kind: 'no' });
});

it('adds a box in the middle', async () => {
  await showFaces();
  await press('Add a box in the middle');
  expect(asked()).toMatchObject({ answer: { boxes: [{}, {}, { x: 130, y: 80, width: 40, height: 40 }] } });
});

it('moves a box with the arrow keys and sizes it with Shift', async () => {
  await showFaces();
  const [box] = boxes();
  if (!box) throw new Error('Expected a box');
  await act(async () => void fireEvent.keyDown(box, { key: 'ArrowRight' }));
  expect(asked()).toMatchObject({ answer: { boxes: [{ x: 42, y: 30, width: 60, height: 80 }, {}] } });
  await act(async () => void fireEvent.keyDown(box, { key: 'ArrowDown', shiftKey: true }));
  expect(asked()).toMatchObject({ answer: { boxes: [{ x: 42, y: 30, width: 60, height: 82 }, {}] } });
});

it('removes a box with Delete', async () => {
  await showFaces();
  await act(async () => void fireEvent.keyDown(boxes()[0] as HTMLElement, { key: 'Delete' }));
  expect(asked()).toMatchObject({ answer: { boxes: [{ x: 180, y: 40, width: 50, height: 70 }] } });
});

it('saves no place with a picture that hides people, unless a person asks for it', async () => {
  await showFaces();
  expect((screen.getByRole('checkbox', { name: 'Place where it was taken' }) as HTMLInputElement).checked).toBe(false);
});
