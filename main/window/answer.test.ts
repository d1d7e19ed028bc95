import { expect, test } from 'vitest';
import { type Channel, commands } from '../../app/contract';
import type { ErrorReport } from '../../app/errors';
import { createAnswerer, type Handlers } from './answer';

function answererOf(handlers: Partial<Handlers>) {
  const logged: ErrorReport[] = [];
  const all = Object.fromEntries((Object.keys(commands) as Channel[]).map((channel) => [channel, () => null]));
  const answer = createAnswerer(
    commands,
    { ...all, ...handlers } as Handlers,
    (report) => ({ ...report, detail: 'hidden' }),
    (_, report) => void logged.push(report),
  );
  return { answer, logged };
}

test('tells the window an error as it may see it, and the log all of it', async () => {
  const { answer, logged } = answererOf({
    'weights:list': () => {
      throw new Error('at /home/ada');
    },
  });
  expect(await answer('weights:list', { model: 'a' })).toMatchObject({ ok: false, error: { detail: 'hidden' } });
  expect(logged[0]?.detail).toContain('/home/ada');
});

test('refuses a sender before it looks at what was sent', async () => {
  const { answer } = answererOf({});
  const args = new Proxy({}, { get: () => expect.fail('looked at'), ownKeys: () => expect.fail('looked at') });
  expect(await answer('weights:list', args, 'another window')).toMatchObject({ error: { code: 'BAD_MESSAGE' } });
});

test.each([
  ['a picture as a whole message', 'weights:list', new Uint8Array(50_000_000)],
  ['a picture of which each byte would be a field', 'job:parts', { pictures: [new Uint8Array(50_000_000)] }],
  ['100,000 fields', 'weights:list', Object.fromEntries(Array.from({ length: 1e5 }, (_, i) => [`k${i}`, 0]))],
  ['a million pictures', 'job:parts', { jobId: 1, model: 'a', done: 0, total: 1, pictures: new Array(1e6).fill(0) }],
] as const)('is not held up by %s', async (_, channel, args) => {
  const { answer, logged } = answererOf({});
  const from = performance.now();
  expect(await answer(channel, args)).toMatchObject({ error: { code: 'BAD_MESSAGE' } });
  expect(performance.now() - from).toBeLessThan(500);
  expect(logged[0]?.detail.length).toBeLessThan(6000);
});

test('takes as many boxes as a tool may answer with, and no more', async () => {
  const { answer } = answererOf({});
  const hide = (count: number) => {
    const boxes = new Array(count).fill({ x: 1, y: 2, width: 3, height: 4 });
    return { jobId: 1, answer: { kind: 'hide', boxes, style: 'solid', strength: 'medium' }, note: null };
  };
  expect(await answer('job:finish', hide(10_000))).toMatchObject({ ok: true });
  expect(await answer('job:finish', hide(10_001))).toMatchObject({ error: { code: 'BAD_MESSAGE' } });
});

test('takes the text of the longest page that is read', async () => {
  const { answer } = answererOf({});
  const corner = { x: 1, y: 2 };
  const region = { text: 'a', confidence: 1, corners: [corner, corner, corner, corner], cell: { row: 0, column: 0 } };
  const text = { kind: 'text', regions: new Array(10_000).fill(region) };
  expect(await answer('job:finish', { jobId: 1, answer: text, note: null })).toMatchObject({ ok: true });
});

test('works on so many commands at once and no more', async () => {
  let finish: () => void = () => {};
  const gate = new Promise<void>((open) => (finish = open));
  const { answer } = answererOf({ 'models:list': () => gate.then(() => []) });
  const answers = Array.from({ length: 1000 }, () => answer('models:list', undefined));
  finish();
  expect((await Promise.all(answers)).filter(({ ok }) => ok)).toHaveLength(64);
  expect(await answer('models:list', undefined)).toMatchObject({ ok: true });
});

test('works on so many bytes at once and no more', async () => {
  let finish: () => void = () => {};
  const gate = new Promise<null>((open) => (finish = () => open(null)));
  const { answer } = answererOf({ 'picture:rows': () => gate });
  const rgb = new Uint8Array(2 ** 30);
  const send = () => answer('picture:rows', { id: 1, y: 0, rgb, alpha: null });
  const answers = [send(), send(), send()];
  finish();
  expect((await Promise.all(answers)).map(({ ok }) => ok)).toEqual([true, true, false]);
});
