import { expect, test, vi } from 'vitest';
import type { ModelCard } from '../app/catalog';
import { AppError } from '../app/errors';
import type { GpuFacts } from '../app/states';
import { exampleCard } from './example.fixture';
import type { Host } from './host';
import type { GpuTask } from './hostProtocol';
import { createJobs } from './jobs';
import { paths } from './paths';
import type { Setup } from './setup';
import { createStore } from './store';

const whole = { flow: { kind: 'whole', fit: 'contain' } } as const satisfies Partial<ModelCard>;
const cards = [
  exampleCard('read', whole),
  exampleCard('read-lines', { ...whole, partOf: 'read' }),
  exampleCard('cut', whole),
];
const picture = { width: 1, height: 1, rgb: new Uint8Array(3) };

const batch = (total: number) => ({ done: 0, total, pictures: new Array(total).fill(picture) });

/** Jobs over hosts that answer at once and keep what they were asked. */
function bench(onGpu: string[] = []) {
  const store = createStore();
  const asked: string[] = [];
  const answers = { infer: { kind: 'done' }, openGpu: null, openCpu: null } as Record<string, unknown>;
  const host = (device: string): Host =>
    ({
      call: async (call: string, { model, card }: { model?: string; card?: ModelCard }) => {
        asked.push(`${call} ${model ?? card?.id} ${device}`);
        const answer = answers[call] ?? [{ name: 'text', dtype: 'uint8', shape: [1], bytes: new Uint8Array(1) }];
        if (answer instanceof Error) throw answer;
        if (typeof answer === 'function') return answer();
        return answer;
      },
      tell: () => undefined,
      forgive: () => undefined,
    }) as unknown as Host;
  const setup = {
    gpuTask: (model: string) =>
      onGpu.includes(model) ? ({ card: cards.find(({ id }) => id === model) } as GpuTask) : undefined,
  } as unknown as Setup;
  store.emit({ kind: 'ready', device: { kind: 'gpu', facts: {} as GpuFacts, rows: [] } });
  const jobs = createJobs(
    store,
    setup,
    { gpu: host('gpu'), cpu: host('cpu') },
    cards,
    paths('/nowhere', false),
    async () => {},
  );
  const job = () => store.get().job;
  const notices = () => store.get().notices;
  return { jobs, job, notices, asked, answers };
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

test('keeps a job with parts running until its tool is through', async () => {
  const { jobs, job } = bench();
  const { jobId } = jobs.start({ model: 'read', ...picture });
  await settle();
  expect(job().kind).toBe('running');
  jobs.finish(jobId);
  expect(job()).toMatchObject({ kind: 'done', id: jobId, model: 'read', device: 'cpu' });
});

test('ends a job without parts by itself, whatever the window says', async () => {
  const { jobs, job } = bench();
  const { jobId } = jobs.start({ model: 'cut', ...picture });
  jobs.finish(jobId);
  expect(job().kind).toBe('running');
  await settle();
  expect(job().kind).toBe('done');
});

test('runs each picture through the part, in order, and counts them', async () => {
  const { jobs, job, asked } = bench();
  const { jobId } = jobs.start({ model: 'read', ...picture });
  const outputs = await jobs.parts({ jobId, model: 'read-lines', ...batch(2) });
  expect(outputs).toHaveLength(2);
  expect(asked).toEqual([
    'openCpu read cpu',
    'infer read cpu',
    'openCpu read-lines cpu',
    'inferPart read-lines cpu',
    'inferPart read-lines cpu',
  ]);
  expect(job()).toMatchObject({ kind: 'running', done: 1, total: 2 });
});

test.each([
  [['read', 'read-lines'], 'gpu'],
  [['read'], 'cpu'],
  [['read-lines'], 'cpu'],
])('with engines for %j runs all of the tool on the %s', async (onGpu, device) => {
  const { jobs, job, asked } = bench(onGpu);
  const { jobId } = jobs.start({ model: 'read', ...picture });
  await jobs.parts({ jobId, model: 'read-lines', ...batch(1) });
  expect(job()).toMatchObject({ device });
  expect(asked.every((call) => call.endsWith(device))).toBe(true);
});

test('refuses parts of another tool, of no job, and of one that has ended', async () => {
  const { jobs } = bench();
  const ask = (jobId: number, model: string) => jobs.parts({ jobId, model, ...batch(1) });
  await expect(ask(1, 'read-lines')).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
  const { jobId } = jobs.start({ model: 'read', ...picture });
  for (const model of ['cut', 'read', 'none'])
    await expect(ask(jobId, model)).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
  jobs.cancel();
  await expect(ask(jobId, 'read-lines')).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
});

test('stops between two pictures where a person cancels', async () => {
  const { jobs, job, asked } = bench();
  const { jobId } = jobs.start({ model: 'read', ...picture });
  await settle();
  const parts = jobs.parts({ jobId, model: 'read-lines', ...batch(3) });
  jobs.cancel();
  await expect(parts).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
  expect(job().kind).toBe('cancelled');
  expect(asked.filter((call) => call.startsWith('inferPart'))).toEqual([]);
});

test('a part that fails ends the job with its reason', async () => {
  const { jobs, job, answers } = bench();
  answers.inferPart = new Error('no memory');
  const { jobId } = jobs.start({ model: 'read', ...picture });
  await expect(jobs.parts({ jobId, model: 'read-lines', ...batch(1) })).rejects.toThrow('no memory');
  expect(job()).toMatchObject({
    kind: 'failed',
    reason: { code: 'INTERNAL', detail: expect.stringContaining('no memory') },
  });
});

test('offers no part as a tool', () => {
  const { jobs } = bench();
  expect(() => jobs.start({ model: 'read-lines', ...picture })).toThrow('There is no tool called');
});

test('a part goes on at the picture where its host died', async () => {
  const { jobs, job, asked, answers } = bench(['read', 'read-lines']);
  const { jobId } = jobs.start({ model: 'read', ...picture });
  await settle();
  let runs = 0;
  answers.inferPart = () => {
    if (++runs === 2) throw new AppError('HOST_DIED', {});
    return [];
  };
  expect(await jobs.parts({ jobId, model: 'read-lines', ...batch(3) })).toHaveLength(3);
  expect(asked.filter((call) => call.startsWith('inferPart'))).toHaveLength(4);
  expect(asked.filter((call) => call.startsWith('openGpu read-lines'))).toHaveLength(2);
  expect(job()).toMatchObject({ kind: 'running', device: 'gpu', setback: { code: 'HOST_DIED' } });
  jobs.finish(jobId);
  expect(job()).toMatchObject({ kind: 'done', setback: { code: 'HOST_DIED' } });
});

test('the rest of a tool runs on the processor where the GPU is lost', async () => {
  const { jobs, job, asked, answers } = bench(['read', 'read-lines']);
  const { jobId } = jobs.start({ model: 'read', ...picture });
  await settle();
  answers.openGpu = new AppError('HOST_GAVE_UP', {});
  await jobs.parts({ jobId, model: 'read-lines', ...batch(2) });
  expect(asked.slice(-3)).toEqual(['openCpu read-lines cpu', 'inferPart read-lines cpu', 'inferPart read-lines cpu']);
  expect(job()).toMatchObject({ kind: 'running', device: 'cpu', setback: { code: 'HOST_GAVE_UP' } });
});

test('a processor that dies of a picture again and again ends the job with the reason', async () => {
  const { jobs, job, answers, asked } = bench();
  answers.infer = new AppError('HOST_DIED', { how: 'crashed' });
  jobs.start({ model: 'cut', ...picture });
  await settle();
  expect(job()).toMatchObject({ kind: 'failed', reason: { code: 'HOST_DIED' } });
  expect(asked.filter((call) => call.startsWith('infer'))).toHaveLength(3);
});

test('nothing is tried again once a person has cancelled', async () => {
  const { jobs, job, answers, asked } = bench();
  answers.infer = () => {
    jobs.cancel();
    throw new AppError('HOST_DIED', {});
  };
  jobs.start({ model: 'cut', ...picture });
  await settle();
  expect(job().kind).toBe('cancelled');
  expect(asked.filter((call) => call.startsWith('infer'))).toHaveLength(1);
});

test('ends the job of a page that has gone, in words, and takes the next', async () => {
  const { jobs, job, notices } = bench();
  jobs.start({ model: 'read', ...picture });
  await settle();
  jobs.ownerGone();
  expect(job()).toMatchObject({ kind: 'failed', reason: { code: 'WINDOW_GONE' } });
  expect(notices()).toMatchObject([{ code: 'WINDOW_GONE' }]);
  jobs.start({ model: 'cut', ...picture });
  await settle();
  expect(job()).toMatchObject({ kind: 'done', model: 'cut' });
  jobs.ownerGone();
  expect(notices()).toHaveLength(1);
});

test('says of the job whose device gives no sign of life that it does not answer, and of the next', async () => {
  const { jobs, job } = bench();
  jobs.start({ model: 'read', ...picture });
  await settle();
  jobs.onQuiet('gpu', true);
  expect(job()).not.toHaveProperty('silent');
  jobs.onQuiet('cpu', true);
  expect(job()).toMatchObject({ silent: true });
  jobs.cancel();
  jobs.start({ model: 'read', ...picture });
  expect(job()).toMatchObject({ kind: 'running', silent: true });
  jobs.onQuiet('cpu', false);
  expect(job()).not.toHaveProperty('silent');
});

test('counts how long a job took by a clock that nobody sets', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  try {
    for (const jump of [-3_600_000, 3_600_000, 2_200_000_000_000]) {
      const { jobs, job } = bench();
      const { jobId } = jobs.start({ model: 'read', ...picture });
      await settle();
      vi.setSystemTime(Date.now() + jump);
      jobs.finish(jobId);
      const ended = job();
      expect(ended.kind === 'done' && ended.elapsedMs).toBeGreaterThanOrEqual(0);
      expect(ended.kind === 'done' && ended.elapsedMs).toBeLessThan(60_000);
    }
  } finally {
    vi.useRealTimers();
  }
});
