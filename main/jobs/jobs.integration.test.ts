import { describe, expect, test, vi } from 'vitest';
import type { ModelCard } from '../../app/catalog';
import type { ChangedEvent, Format } from '../../app/contract';
import { wholeCut } from '../../app/cut';
import { AppError } from '../../app/errors';
import { noMetadata } from '../../app/metadata.fixture';
import type { GpuFacts } from '../../app/states';
import type { Cut, Hidden, ToolAnswer } from '../../app/toolAnswer';
import type { HostCalls } from '../../host/protocol';
import { fc } from '../../test/properties';
import { exampleCard, temporaryFolder } from '../example.fixture';
import { closePictures } from '../pictures/picture.fixture';
import { createShown } from '../pictures/shown';
import { madeUpDevices } from './devices.fixture';
import { createJobs } from './jobs';

closePictures();

const whole = { flow: { kind: 'whole', fit: 'contain' } } as const satisfies Partial<ModelCard>;
const cards = [
  exampleCard('read', whole),
  exampleCard('read-lines', { ...whole, partOf: 'read' }),
  exampleCard('cut', whole),
  exampleCard('photo'),
];
const part = { width: 1, height: 1, rgb: new Uint8Array(3) };
const cat = { name: 'cat.png', width: 40, height: 20, alpha: false, displayP3: false, notes: [], metadata: noMetadata };
const oneFound = { code: 'FACES', found: 1, smallest: 16 } as const;
const same = { answer: { kind: 'same' }, note: null } as const;

const batch = (total: number) => ({ done: 0, total, pictures: new Array(total).fill(part) });

/** Jobs on an open picture of 40 × 20 over hosts that answer at once and keep what they were asked. */
async function bench(onGpu: string[] = [], byWebgpu: string[] = []) {
  const made = madeUpDevices(cards, onGpu, byWebgpu);
  const { store, devices, webgpu, hosts, pictureHost } = made;
  const changed: ChangedEvent[] = [];
  const folder = await temporaryFolder();
  const shown = createShown(
    store,
    pictureHost,
    { memory: null, disk: { folder, freeBytes: async () => 1e9 } },
    async () => {},
  );
  const { id: picture } = await shown.create(cat);
  shown.ready({ id: picture, transparent: false });
  const timed: [tool: string, tileMs: number][] = [];
  const jobs = createJobs({
    store,
    devices,
    webgpu,
    hosts,
    shipped: { cards },
    shown,
    pictureHost,
    tellChanged: (word) => changed.push(word),
    tileTook: ({ id }, tileMs) => timed.push([id, tileMs]),
  });
  const start = (model: string, format: Format = 'jpeg') => jobs.start({ model, picture, format });
  const job = () => store.get().job;
  const result = () => store.get().result;
  const notices = () => store.get().notices;
  return { ...made, jobs, start, job, result, notices, changed, timed, shown, picture };
}

const never = () => new Promise(() => {});
const settle = () => new Promise((resolve) => setTimeout(resolve, 5));
/** The halves of a result of 80 × 40. */
const [left, right] = [
  { x: 0, y: 0, width: 40, height: 40 },
  { x: 40, y: 0, width: 40, height: 40 },
];

test('keeps a job with parts running until its tool is through', async () => {
  const { jobs, start, job } = await bench();
  const { jobId } = await start('read');
  await settle();
  expect(job().kind).toBe('running');
  await jobs.finish({ jobId, ...same });
  expect(job()).toMatchObject({ kind: 'done', id: jobId, model: 'read', device: 'cpu' });
});

test("keeps a job without parts running until its tool's own code has answered", async () => {
  const { jobs, start, job } = await bench();
  const { jobId } = await start('cut');
  await settle();
  expect(job().kind).toBe('running');
  await jobs.finish({ jobId, ...same });
  expect(job()).toMatchObject({ kind: 'done', id: jobId });
});

test('takes no answer to a job of tiles, to another one or to none', async () => {
  const { jobs, start, job, answers } = await bench();
  answers.infer = never;
  await expect(jobs.finish({ jobId: 1, ...same })).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
  const { jobId } = await start('photo');
  for (const id of [jobId, jobId + 1])
    await expect(jobs.finish({ jobId: id, ...same })).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
  expect(job().kind).toBe('running');
});

test('runs each picture through the part, in order, and counts them', async () => {
  const { jobs, start, job, asked } = await bench();
  const { jobId } = await start('read');
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
  const { jobs, start, job, asked } = await bench(onGpu);
  const { jobId } = await start('read');
  await jobs.parts({ jobId, model: 'read-lines', ...batch(1) });
  expect(job()).toMatchObject({ device });
  expect(asked.every((call) => call.endsWith(device))).toBe(true);
});

test('refuses parts of another tool, of no job, and of one that has ended', async () => {
  const { jobs, start } = await bench();
  const ask = (jobId: number, model: string) => jobs.parts({ jobId, model, ...batch(1) });
  await expect(ask(1, 'read-lines')).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
  const { jobId } = await start('read');
  for (const model of ['cut', 'none']) await expect(ask(jobId, model)).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
  jobs.cancel();
  await expect(ask(jobId, 'read-lines')).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
});

test('stops between two pictures where a person cancels', async () => {
  const { jobs, start, job, asked } = await bench();
  const { jobId } = await start('read');
  await settle();
  const parts = jobs.parts({ jobId, model: 'read-lines', ...batch(3) });
  jobs.cancel();
  await expect(parts).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
  expect(job().kind).toBe('cancelled');
  expect(asked.filter((call) => call.startsWith('inferPart'))).toEqual([]);
});

test('a part that fails ends the job with its reason', async () => {
  const { jobs, start, job, answers } = await bench();
  answers.inferPart = new Error('no memory');
  const { jobId } = await start('read');
  await expect(jobs.parts({ jobId, model: 'read-lines', ...batch(1) })).rejects.toThrow('no memory');
  expect(job()).toMatchObject({
    kind: 'failed',
    reason: { code: 'INTERNAL', detail: expect.stringContaining('no memory') },
  });
});

const hide = {
  kind: 'hide',
  boxes: [{ x: 1, y: 2, width: 8, height: 9 }],
  style: 'pixelate',
  strength: 'medium',
} as const;
const withStyle = (style: Hidden['style']): Hidden => ({ ...hide, boxes: [...hide.boxes], style });

/** A finished result that hides a box. */
async function hidden() {
  const made = await bench();
  const { jobId } = await made.start('cut');
  await settle();
  await made.jobs.finish({ jobId, answer: withStyle('pixelate'), note: oneFound });
  const applied = () => made.asked.filter((call) => call.startsWith('apply')).length;
  return { ...made, jobId, applied };
}

test('applies a person’s edit of an answer to the picture, and tells the window what changed', async () => {
  const { jobs, jobId, result, job, changed, applied } = await hidden();
  await jobs.change({ jobId, answer: withStyle('solid') });
  expect(result()).toMatchObject({ id: jobId, kind: 'finished', note: oneFound, hides: withStyle('solid') });
  expect(changed).toEqual([{ id: jobId, rects: [{ x: 0, y: 0, width: 40, height: 20 }] }]);
  expect([applied(), job().kind]).toEqual([2, 'done']);
});

test('counts a saved result as unsaved from the moment that an edit comes', async () => {
  const { jobs, jobId, result, shown } = await hidden();
  shown.tell(jobId, { kept: true });
  const changing = jobs.change({ jobId, answer: withStyle('solid') });
  expect(result()).toMatchObject({ kept: false });
  await changing;
  expect(result()).toMatchObject({ kept: false, hides: { style: 'solid' } });
});

test('applies only the last of the edits that come while one is applied', async () => {
  const { jobs, jobId, result, applied } = await hidden();
  const styles = ['solid', 'blur', 'pixelate', 'blur', 'solid'] as const;
  await Promise.all(styles.map((style) => jobs.change({ jobId, answer: withStyle(style) })));
  await jobs.changed();
  expect(result()?.hides?.style).toBe('solid');
  expect(applied()).toBe(2);
});

test('refuses an edit of another result or of another kind, and while a job runs', async () => {
  const { jobs, jobId, start, result } = await hidden();
  const refused = { code: 'BAD_MESSAGE' };
  await expect(jobs.change({ jobId: jobId + 1, answer: withStyle('solid') })).rejects.toMatchObject(refused);
  await expect(jobs.change({ jobId, answer: wholeCut })).rejects.toMatchObject(refused);
  expect(result()?.hides?.style).toBe('pixelate');
  await start('cut');
  await expect(jobs.change({ jobId, answer: withStyle('solid') })).rejects.toMatchObject(refused);
});

test('leaves the result as it was where an edit fails', async () => {
  const { jobs, jobId, result, answers } = await hidden();
  answers.apply = new AppError('HOST_DIED', {});
  await expect(jobs.change({ jobId, answer: withStyle('solid') })).rejects.toMatchObject({ code: 'HOST_DIED' });
  expect(result()).toMatchObject({ id: jobId, hides: withStyle('pixelate') });
});

test('applies to a mask what a person keeps and takes away, tells what changed, and drops a note that is wrong by then', async () => {
  const { jobs, start, result, changed } = await bench();
  const { jobId } = await start('cut');
  await settle();
  const answer: ToolAnswer = { kind: 'alpha', width: 1, height: 1, bytes: Uint8Array.of(9), base: 'all' };
  const note = { code: 'SUBJECT_FILLS' } as const;
  await jobs.finish({ jobId, answer, note });
  const all: Cut = { ...wholeCut, base: 'all' };
  expect(result()).toMatchObject({ cut: all, note, transparent: true });
  const strokes = [{ keep: false, radius: 2, points: [3, 3] }];
  await jobs.change({ jobId, answer: { ...all, strokes } });
  expect(result()).toMatchObject({ cut: { ...all, strokes }, note });
  expect(changed.at(-1)?.rects).toEqual([{ x: 0, y: 0, width: 21, height: 20 }]);
  await jobs.change({ jobId, answer: wholeCut });
  expect(result()).toMatchObject({ cut: wholeCut, note: null });
});

test('offers no part as a tool', async () => {
  const { start } = await bench();
  await expect(start('read-lines')).rejects.toMatchObject({ code: 'MODEL_MISSING' });
});

test('a part goes on at the picture where its host died', async () => {
  const { jobs, start, job, asked, answers } = await bench(['read', 'read-lines']);
  const { jobId } = await start('read');
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
  await jobs.finish({ jobId, ...same });
  expect(job()).toMatchObject({ kind: 'done', setback: { code: 'HOST_DIED' } });
});

test.each([
  ['a GPU four', ['cut'], 4],
  ['a processor one', [], 1],
])("gives %s of a tool's pictures at once, through its own network, and keeps their order", async (_, onGpu, most) => {
  const { jobs, start, answers } = await bench(onGpu);
  const { jobId } = await start('cut');
  await settle();
  let [underWay, highest] = [0, 0];
  answers.inferPart = async ({ rgb }: { rgb: Uint8Array }) => {
    highest = Math.max(highest, ++underWay);
    // The first ones take longest.
    await new Promise((resolve) => setTimeout(resolve, 20 - 2 * (rgb[0] ?? 0)));
    underWay -= 1;
    return [{ name: 'mask', dtype: 'uint8', shape: [1], bytes: rgb.slice(0, 1) }];
  };
  const pictures = Array.from({ length: 9 }, (_, i) => ({ width: 1, height: 1, rgb: Uint8Array.of(i, 0, 0) }));
  const outputs = await jobs.parts({ jobId, model: 'cut', done: 0, total: 9, pictures });
  expect(outputs.map(([output]) => output?.bytes[0])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  expect(highest).toBe(most);
});

test('the rest of a tool runs on the processor where the GPU is lost', async () => {
  const { jobs, start, job, asked, answers } = await bench(['read', 'read-lines']);
  const { jobId } = await start('read');
  await settle();
  answers.openGpu = new AppError('HOST_GAVE_UP', {});
  await jobs.parts({ jobId, model: 'read-lines', ...batch(2) });
  expect(asked.slice(-3)).toEqual(['openCpu read-lines cpu', 'inferPart read-lines cpu', 'inferPart read-lines cpu']);
  expect(job()).toMatchObject({ kind: 'running', device: 'cpu', setback: { code: 'HOST_GAVE_UP' } });
});

test('a processor that dies of a picture again and again ends the job with the reason', async () => {
  const { start, job, answers, asked } = await bench();
  answers.infer = new AppError('HOST_DIED', { how: 'crashed' });
  await start('cut');
  await settle();
  expect(job()).toMatchObject({ kind: 'failed', reason: { code: 'HOST_DIED' } });
  expect(asked.filter((call) => call.startsWith('infer'))).toHaveLength(3);
});

test('nothing is tried again once a person has cancelled', async () => {
  const { jobs, start, job, answers, asked } = await bench();
  answers.infer = () => {
    jobs.cancel();
    throw new AppError('HOST_DIED', {});
  };
  await start('cut');
  await settle();
  expect(job().kind).toBe('cancelled');
  expect(asked.filter((call) => call.startsWith('infer'))).toHaveLength(1);
});

test('ends the job of a page that has gone, in words, and takes the next', async () => {
  const { jobs, start, job, notices } = await bench();
  await start('read');
  await settle();
  jobs.ownerGone();
  expect(job()).toMatchObject({ kind: 'failed', reason: { code: 'WINDOW_GONE' } });
  expect(notices()).toMatchObject([{ code: 'WINDOW_GONE' }]);
  const { jobId } = await start('cut');
  await settle();
  await jobs.finish({ jobId, ...same });
  expect(job()).toMatchObject({ kind: 'done', model: 'cut' });
  jobs.ownerGone();
  expect(notices()).toHaveLength(1);
});

test('says of the job whose device gives no sign of life that it does not answer, and of the next', async () => {
  const { jobs, start, job } = await bench();
  await start('read');
  await settle();
  jobs.onQuiet('gpu', true);
  expect(job()).not.toHaveProperty('silent');
  jobs.onQuiet('cpu', true);
  expect(job()).toMatchObject({ silent: true });
  jobs.cancel();
  await start('read');
  expect(job()).toMatchObject({ kind: 'running', silent: true });
  jobs.onQuiet('cpu', false);
  expect(job()).not.toHaveProperty('silent');
});

test('counts how long a job took by the monotonic clock', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  try {
    for (const jump of [-3_600_000, 3_600_000, 2_200_000_000_000]) {
      const { jobs, start, job } = await bench();
      const { jobId } = await start('read');
      await settle();
      vi.setSystemTime(Date.now() + jump);
      await jobs.finish({ jobId, ...same });
      const ended = job();
      expect(ended.kind === 'done' && ended.elapsedMs).toBeGreaterThanOrEqual(0);
      expect(ended.kind === 'done' && ended.elapsedMs).toBeLessThan(60_000);
    }
  } finally {
    vi.useRealTimers();
  }
});

const tiles = (jobId: number, done: number, rects: (typeof left)[], total = 2) => ({ jobId, done, total, rects });

test('shows of a job of tiles a growing result, which is whole in the end', async () => {
  const { jobs, start, job, result, answers } = await bench();
  let through = (_: unknown): void => {};
  answers.infer = () =>
    new Promise((resolve) => {
      through = resolve;
    });
  const { jobId } = await start('photo');
  await settle();
  expect(result()).toMatchObject({ id: jobId, kind: 'growing', width: 80, height: 40, pixels: true });
  jobs.onTiles(tiles(jobId, 1, [left]));
  expect(job()).toMatchObject({ kind: 'running', done: 1, total: 2 });
  jobs.onTiles(tiles(jobId, 2, [right]));
  through({ kind: 'done' });
  await settle();
  expect(result()).toMatchObject({ id: jobId, kind: 'finished' });
  expect(job()).toMatchObject({ kind: 'done', total: 2 });
});

test('times tiles on the processor, from the first one on, and none on a GPU', async () => {
  for (const onGpu of [[], ['photo']]) {
    const { jobs, start, answers, timed } = await bench(onGpu);
    answers.infer = never;
    const { jobId } = await start('photo');
    await settle();
    jobs.onTiles(tiles(jobId, 1, [left]));
    jobs.onTiles(tiles(jobId, 2, [right]));
    jobs.cancel();
    expect(timed).toEqual(
      onGpu.length > 0
        ? []
        : [
            ['photo', expect.any(Number)],
            ['photo', expect.any(Number)],
          ],
    );
    for (const [, tileMs] of timed) expect(tileMs).toBeGreaterThan(0);
  }
});

test.each([
  ['its host died', new AppError('HOST_DIED', {}), ['photo']],
  ['its host gave up', new AppError('HOST_GAVE_UP', {}), ['photo']],
])('a job of tiles goes on where it was when %s', async (_, error, onGpu) => {
  const { jobs, start, job, answers, inferred } = await bench(onGpu);
  let tries = 0;
  answers.infer = ({ jobId }: { jobId: number }) => {
    if (++tries > 1) return { kind: 'done' };
    jobs.onTiles(tiles(jobId, 1, [left]));
    throw error;
  };
  await start('photo');
  await settle();
  expect(job()).toMatchObject({ kind: 'done', setback: { code: error.code } });
  expect(inferred.map(({ finished }) => finished)).toEqual([[], [left]]);
  expect(inferred[1]?.result).toEqual(inferred[0]?.result);
});

describe('a result that will be saved as PNG', () => {
  const infer = async (format: Format) => {
    const made = await bench();
    made.answers.infer = never;
    const { jobId } = await made.start('photo', format);
    await settle();
    return { ...made, jobId };
  };

  test('is encoded while its tiles come, as far as its rows are whole', async () => {
    const { jobs, jobId, told } = await infer('png');
    jobs.onTiles(tiles(jobId, 1, [right]));
    expect(told).toEqual([]);
    jobs.onTiles(tiles(jobId, 2, [left]));
    expect(told).toEqual(['encodeAhead 40 pictures']);
  });

  test('is encoded no further once the job is stopped', async () => {
    const { jobs, jobId, told } = await infer('png');
    jobs.onTiles(tiles(jobId, 1, [{ x: 0, y: 0, width: 80, height: 20 }], 3));
    jobs.cancel();
    jobs.onTiles(tiles(jobId, 3, [left, right], 3));
    expect(told).toEqual(['encodeAhead 20 pictures', 'cancel cpu', 'encodeAhead 0 pictures']);
  });

  test('is the only one that is encoded ahead', async () => {
    const { jobs, jobId, told } = await infer('webp');
    jobs.onTiles(tiles(jobId, 2, [left, right]));
    expect(told).toEqual([]);
  });

  test('is not encoded ahead where other tiles may write over its rows', async () => {
    const { jobs, start, answers, told } = await bench();
    let tries = 0;
    answers.infer = ({ jobId }: { jobId: number }) => {
      if (++tries === 1) {
        jobs.onTiles(tiles(jobId, 1, [{ x: 0, y: 0, width: 80, height: 20 }], 3));
        throw new AppError('HOST_DIED', {});
      }
      jobs.onTiles(tiles(jobId, 3, [left, right], 3));
      return { kind: 'done' };
    };
    await start('photo', 'png');
    await settle();
    expect(told).toEqual(['encodeAhead 20 pictures', 'encodeAhead 0 pictures']);
  });
});

test('keeps on the screen what a stopped job has finished', async () => {
  const { jobs, start, result, answers } = await bench();
  answers.infer = never;
  const { jobId } = await start('photo');
  await settle();
  jobs.onTiles(tiles(jobId, 1, [left]));
  jobs.cancel();
  expect(result()).toMatchObject({ id: jobId, kind: 'partial' });
});

test('leaves no result of a job that was stopped before its first tile', async () => {
  const { jobs, start, result, answers } = await bench();
  answers.infer = never;
  await start('photo');
  await settle();
  jobs.cancel();
  expect(result()).toBeNull();
});

test('asks the device of a cancelled job to stop', async () => {
  const { jobs, start, answers, told } = await bench(['photo']);
  answers.infer = never;
  await start('photo');
  await settle();
  jobs.cancel();
  expect(told).toEqual(['cancel gpu']);
});

test('waits for the graphics card of a person who starts before it is found', async () => {
  const { store, start, asked } = await bench(['photo']);
  const looking = { code: 'GPU_LOOKING', params: {}, detail: '' } as const;
  store.emit({ kind: 'detect' });
  store.emit({ kind: 'ready', device: { kind: 'cpu', reason: looking } });
  await start('photo');
  await settle();
  expect(asked.filter((call) => call.startsWith('open'))).toEqual([]);
  store.emit({ kind: 'ready', device: { kind: 'gpu', facts: {} as GpuFacts, rows: [] } });
  await settle();
  expect(asked).toContain('infer photo gpu');
});

test('opens no network for a person who cancels before the graphics card is found', async () => {
  const { store, jobs, start, job, asked } = await bench();
  store.emit({ kind: 'detect' });
  store.emit({ kind: 'ready', device: { kind: 'cpu', reason: { code: 'GPU_LOOKING', params: {}, detail: '' } } });
  await start('photo');
  await settle();
  jobs.cancel();
  store.emit({ kind: 'ready', device: { kind: 'cpu', reason: { code: 'GPU_NONE', params: {}, detail: '' } } });
  await settle();
  expect([job().kind, asked]).toEqual(['cancelled', []]);
});

test('starts one job at a time, however soon the next is asked for', async () => {
  const { start } = await bench();
  const [first, second] = await Promise.allSettled([start('photo'), start('photo')]);
  expect([first.status, second]).toMatchObject(['fulfilled', { reason: { code: 'BUSY' } }]);
});

test('starts nothing on a picture that is not open', async () => {
  const { jobs, job, picture } = await bench();
  await expect(jobs.start({ model: 'photo', picture: picture + 1, format: 'png' })).rejects.toMatchObject({
    code: 'BAD_MESSAGE',
  });
  expect(job().kind).toBe('idle');
});

test('starts nothing on a picture that another one replaces meanwhile', async () => {
  const { start, job, result, shown } = await bench();
  const { id } = await shown.create(cat);
  const starting = start('photo');
  shown.ready({ id, transparent: false });
  await expect(starting).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
  expect([job().kind, result()]).toEqual(['idle', null]);
});

test('a job of tiles goes on when its page has gone', async () => {
  const { jobs, start, job, notices, answers } = await bench();
  answers.infer = never;
  await start('photo');
  await settle();
  jobs.ownerGone();
  expect([job().kind, notices()]).toEqual(['running', []]);
});

test('tells the window in one event of tiles that come together', async () => {
  vi.useFakeTimers();
  try {
    const { jobs, start, answers, changed } = await bench();
    answers.infer = never;
    const { jobId } = await start('photo');
    await vi.advanceTimersByTimeAsync(0);
    for (let done = 1; done <= 50; done++) jobs.onTiles(tiles(jobId, done, [left], 50));
    await vi.advanceTimersByTimeAsync(1000);
    expect(changed.map(({ rects }) => rects.length)).toEqual([1, 49]);
  } finally {
    vi.useRealTimers();
  }
});

describe('a host that was taken over', () => {
  async function atWork() {
    const on = await bench();
    on.answers.infer = never;
    const { jobId } = await on.start('photo');
    await settle();
    return { ...on, jobId };
  }

  test.each([
    ['past the right edge', [{ ...left, x: 41 }]],
    ['past the lower edge', [left, { ...left, y: 1 }]],
  ])('is refused tiles %s', async (_, rects) => {
    const { jobs, jobId, changed } = await atWork();
    expect(() => jobs.onTiles(tiles(jobId, 1, rects))).toThrow(RangeError);
    expect(changed).toEqual([]);
  });

  test('is refused more tiles than there are', async () => {
    const { jobs, jobId } = await atWork();
    expect(() => jobs.onTiles(tiles(jobId, 3, [left]))).toThrow(RangeError);
  });

  test('fills no memory with parts that were there already', async () => {
    const { jobs, jobId } = await atWork();
    const many = new Array(20_000).fill({ ...left, width: 1, height: 1 });
    expect(() => {
      for (let i = 0; i < 20; i++) jobs.onTiles(tiles(jobId, 1, many));
    }).toThrow(RangeError);
  });

  test('changes nothing of a job that has ended', async () => {
    const { jobs, jobId, result, changed } = await atWork();
    jobs.cancel();
    jobs.onTiles(tiles(jobId, 1, [left]));
    expect([result(), changed]).toEqual([null, []]);
  });
});

describe('a job that the person may start next', () => {
  const large = { width: 80, height: 40, channels: 3 };

  async function expecting() {
    const made = await bench();
    return { ...made, expected: vi.spyOn(made.shown, 'expect') };
  }

  test('has its result’s file allocated ahead, of a tool of tiles', async () => {
    const { jobs, expected, picture } = await expecting();
    jobs.expect({ model: 'photo', picture });
    expect(expected.mock.calls).toEqual([[large]]);
  });

  test('has its file given back where another tool is chosen, or its result is there', async () => {
    const { jobs, expected, start, picture } = await expecting();
    jobs.expect({ model: 'cut', picture });
    await start('photo');
    await settle();
    jobs.expect({ model: 'photo', picture });
    expect(expected.mock.calls).toEqual([[null], [null]]);
  });

  test('changes nothing while a job runs, and nothing for a picture that is not open', async () => {
    const { jobs, expected, answers, start, picture } = await expecting();
    jobs.expect({ model: 'photo', picture: picture + 1 });
    answers.infer = never;
    await start('photo');
    jobs.expect({ model: 'cut', picture });
    expect(expected).not.toHaveBeenCalled();
  });

  test('is never a part of a tool', async () => {
    const { jobs, picture } = await expecting();
    for (const model of ['read-lines', 'none'])
      expect(() => jobs.expect({ model, picture })).toThrow(expect.objectContaining({ code: 'MODEL_MISSING' }));
  });
});

describe('a better device', () => {
  const half = { total: 2, done: 1, rects: [left] };

  test('takes over a job of tiles at its next tile, with what is done', async () => {
    const { jobs, devices, start, job, asked, told, answers, inferred, byWebgpu } = await bench();
    let stop: (value: unknown) => void = () => {};
    answers.infer = ({ device }: { device: string }) =>
      device === 'cpu'
        ? new Promise((resolve) => {
            stop = resolve;
          })
        : { kind: 'done' };
    const { jobId } = await start('photo');
    await settle();
    jobs.onTiles({ jobId, ...half });
    devices.changed();
    expect(told).not.toContain('handOver cpu');
    byWebgpu.push('photo');
    devices.changed();
    expect(told).toContain('handOver cpu');
    stop({ kind: 'cancelled' });
    await settle();
    expect(asked.slice(-2)).toEqual(['openWebgpu photo webgpu', 'infer photo webgpu']);
    expect(inferred.at(-1)?.finished).toEqual([left]);
    expect(job()).toMatchObject({ kind: 'done', device: 'webgpu' });
  });

  test('is told once all that the one before it made is', async () => {
    const { jobs, devices, start, store, answers, byWebgpu } = await bench();
    let stop: (value: unknown) => void = () => {};
    answers.infer = ({ device }: { device: string }) =>
      device === 'cpu'
        ? new Promise((resolve) => {
            stop = resolve;
          })
        : { kind: 'done' };
    const { jobId } = await start('photo');
    await settle();
    const seen: string[] = [];
    store.subscribe(({ event }) => {
      if (event.kind === 'job' && event.job.kind === 'running') seen.push(`${event.job.device} ${event.job.done}`);
    });
    // The second comes too soon after the first to be told at once.
    for (const done of [1, 2]) jobs.onTiles({ jobId, total: 3, done, rects: [left] });
    byWebgpu.push('photo');
    devices.changed();
    stop({ kind: 'cancelled' });
    await settle();
    expect(seen.slice(0, 3)).toEqual(['cpu 1', 'cpu 2', 'webgpu 2']);
  });

  test('gives a job up where the person wants none so good, and gets it back', async () => {
    const { devices, start, job, told, asked, store, answers, byWebgpu } = await bench();
    byWebgpu.push('photo');
    let stop: (value: unknown) => void = () => {};
    answers.infer = () =>
      new Promise((resolve) => {
        stop = resolve;
      });
    await start('photo');
    await settle();
    expect(job()).toMatchObject({ kind: 'running', device: 'webgpu' });
    for (const upTo of ['cpu', 'gpu'] as const) {
      store.emit({ kind: 'preference', preference: { gpu: null, upTo } });
      devices.changed();
      stop({ kind: 'cancelled' });
      await settle();
    }
    expect(told).toEqual(['handOver webgpu', 'handOver cpu']);
    expect(asked.filter((call) => call.startsWith('infer'))).toEqual([
      'infer photo webgpu',
      'infer photo cpu',
      'infer photo webgpu',
    ]);
    expect(job()).toMatchObject({ kind: 'running', device: 'webgpu' });
  });

  test('does not get back a job that it has failed', async () => {
    const { devices, start, job, told, answers, byWebgpu } = await bench([], ['photo']);
    answers.openWebgpu = new AppError('SESSION_FAILED', { model: 'photo' });
    answers.infer = never;
    await start('photo');
    await settle();
    expect(job()).toMatchObject({ kind: 'running', device: 'cpu', setback: { code: 'SESSION_FAILED' } });
    byWebgpu.push('photo');
    devices.changed();
    expect(told).not.toContain('handOver cpu');
  });

  test('leaves a job that a person cancelled as it is', async () => {
    const { jobs, devices, start, job, answers, inferred, byWebgpu } = await bench();
    answers.infer = async () => {
      await settle();
      return { kind: 'cancelled' };
    };
    await start('photo');
    byWebgpu.push('photo');
    devices.changed();
    jobs.cancel();
    await settle();
    await settle();
    expect(job().kind).toBe('cancelled');
    expect(inferred.length).toBeLessThan(2);
  });
});

/** Any order of devices that come, go and fail ends with the whole picture, made by the best device left. */
test('a picture is whole in the end, whatever comes and fails meanwhile', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('webgpu comes', 'gpu comes', 'fails', 'tile', 'memory'), { maxLength: 8 }),
      async (happenings) => {
        const onGpu: string[] = [];
        const { jobs, start, job, answers, byWebgpu, inferred } = await bench(onGpu);
        const queue = [...happenings];
        const lost = new Set<string>();
        answers.infer = async ({ device, jobId, finished }: HostCalls['infer']['args']) => {
          for (let next = queue.shift(); next; next = queue.shift()) {
            if (next === 'webgpu comes' && !lost.has('webgpu')) byWebgpu.push('photo');
            if (next === 'gpu comes') onGpu.push('photo');
            if (next === 'tile' && finished.length === 0) {
              jobs.onTiles({ jobId, total: 2, done: 1, rects: [left] });
              return { kind: 'cancelled' };
            }
            if (next !== 'fails' && next !== 'memory') return { kind: 'cancelled' };
            if (device === 'cpu') continue;
            lost.add(device);
            throw new AppError(next === 'fails' ? 'RUN_FAILED' : 'OUT_OF_VRAM', { model: 'photo' });
          }
          return { kind: 'done' };
        };
        await start('photo');
        await vi.waitFor(() => expect(job().kind).toBe('done'));
        const best =
          onGpu.length > 0 && !lost.has('gpu') ? 'gpu' : byWebgpu.length > 0 && !lost.has('webgpu') ? 'webgpu' : 'cpu';
        expect(job()).toMatchObject({ kind: 'done', device: best });
        expect(inferred.at(-1)?.device).toBe(best);
      },
    ),
    { numRuns: 60 },
  );
});
