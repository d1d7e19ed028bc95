import { expect, test } from 'vitest';
import type { Job } from '../app/states';
import { models } from '../renderer/dev/scenes';
import { jobWords } from './job';

const photo = models.find(({ id }) => id === 'photo-x4');
const cutOut = models.find(({ id }) => id === 'cut-out');
const running = (done: number, total: number): Job => ({
  kind: 'running',
  id: 1,
  model: 'photo-x4',
  device: 'cpu',
  done,
  total,
  elapsedMs: 0,
});
const cancelled = (done: number, total: number): Job => ({ kind: 'cancelled', id: 1, model: 'photo-x4', done, total });

test('says that the tool gets ready until the first tile is there', () => {
  expect(jobWords(running(0, 0), photo, null)).toBe('Getting Photo ×4 ready…');
});

test('counts tiles from then on, with the time that is left', () => {
  expect(jobWords(running(3, 9), photo, 'about 7 h')).toBe('Photo ×4 · 3 of 9 tiles · about 7 h left');
});

test('says that nothing was done yet where it was stopped before the first tile', () => {
  expect(jobWords(cancelled(0, 0), photo, null)).toBe('Stopped before the first tile');
  expect(jobWords(cancelled(2, 9), photo, null)).toBe('Stopped at 2 of 9 tiles');
});

test('says that a device does not answer, and what comes of it', () => {
  expect(jobWords({ ...running(3, 9), silent: true } as Job, photo, null)).toBe(
    'Photo ×4 does not answer; restarts if that lasts.',
  );
});

test('counts no tiles of a tool that has none', () => {
  expect(jobWords(running(0, 0), cutOut, null)).toBe('Cut out · working on the picture');
  expect(jobWords(cancelled(0, 0), cutOut, null)).toBe('Stopped');
});
