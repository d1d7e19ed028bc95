import { expect, test } from 'vitest';
import { createAsker } from './dialogs';

test('asks one question at a time, and the next after an answer or a failure', async () => {
  const ask = createAsker();
  let answer: (text: string) => void = () => {};
  const first = ask(() => new Promise<string>((resolve) => (answer = resolve)));
  await expect(ask(async () => 'second')).rejects.toMatchObject({ code: 'BUSY' });
  answer('first');
  expect(await first).toBe('first');
  await expect(ask(() => Promise.reject(new Error('no dialog')))).rejects.toThrow('no dialog');
  expect(await ask(async () => 'third')).toBe('third');
});
