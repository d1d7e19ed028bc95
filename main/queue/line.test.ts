import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { ModelCard } from '../../app/catalog';
import { AppError } from '../../app/errors';
import { noMetadata } from '../../app/metadata.fixture';
import type { Recipe } from '../../app/queue';
import type { Runner } from '../../app/runner';
import type { HostCalls } from '../../host/protocol';
import { fc } from '../../test/properties';
import { exampleCard, temporaryFolder } from '../example.fixture';
import { madeUpDevices } from '../jobs/devices.fixture';
import type { Receiving } from '../pictures/receive';
import { noOtherCards, type OtherCard } from '../setup/otherCards';
import { createLine, type LineProgress } from './line';
import type { Workshop } from './workshop';

const cards = [exampleCard('photo')];
const recipe: Recipe = {
  steps: [{ model: 'photo' }],
  format: 'jpeg',
  quality: 90,
  size: { kind: 'whole' },
  keepMetadata: true,
  keepPlace: true,
  text: { format: 'txt', together: false },
};
/** A picture of 40 × 20, so that its result has 80 × 40. */
const facts = {
  name: 'cat.png',
  width: 40,
  height: 20,
  alpha: false,
  displayP3: false,
  notes: [],
  metadata: noMetadata,
};
const decodes: Workshop['open'] = async (_file, _name, to, signal) => {
  await to.facts(facts, signal);
  return { transparent: false };
};
const receiving = {
  over: Promise.resolve({ kind: 'whole', transparent: false }),
  end: () => {},
} as unknown as Receiving;
const left = { x: 0, y: 0, width: 40, height: 40 };

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder();
});

/** A line over devices that come and go. */
function bench(onGpu: string[] = [], otherCards = noOtherCards, others: ModelCard[] = [], open = decodes) {
  const all = [...cards, ...others];
  const shipped = { cards: all };
  const made = madeUpDevices(all, onGpu);
  made.answers.encode = { bytes: 9 };
  let lastId = 0;
  const line = createLine({
    workshop: { open } as Partial<Workshop> as Workshop,
    devices: made.devices,
    otherCards,
    hosts: made.hosts,
    pictureHost: made.pictureHost,
    shipped,
    places: { memory: null, disk: { folder, freeBytes: async () => 1e9 } },
    receive: () => receiving,
    forget: async () => {},
    nextId: () => ++lastId,
    memoryBytes: 1e9,
  });
  const stop = new AbortController();
  const told: LineProgress[] = [];
  const runTool = (model: string, name = 'cat.png') =>
    line.run({
      file: `/in/${name}`,
      name,
      recipe: { ...recipe, steps: [{ model }] },
      signal: stop.signal,
      told: (progress) => told.push(progress),
      save: (_made, write) => write('/out/cat.jpg'),
    });
  return {
    ...made,
    line,
    shipped,
    run: () => runTool('photo'),
    runAs: (name: string) => runTool('photo', name),
    runTool,
    stop,
    progress: told,
  };
}

/** The promise of one answer of a host, and what answers it. */
function held(): { answer: Promise<unknown>; give(answer: unknown): void } {
  let give: (answer: unknown) => void = () => {};
  const answer = new Promise((resolve) => {
    give = resolve;
  });
  return { answer, give };
}

test('runs a picture with the weights that are chosen by then', async () => {
  const { run, shipped, answers } = bench();
  const opened: unknown[] = [];
  answers.openCpu = ({ onnxSha256 }: HostCalls['openCpu']['args']) => void opened.push(onnxSha256);
  await run();
  const [card] = cards as [ModelCard];
  const other = { ...card, onnx: { ...card.onnx, sha256: 'f'.repeat(64) } };
  shipped.cards = [other];
  await run();
  expect(opened).toEqual([card.onnx.sha256, other.onnx.sha256]);
});

test('a picture that waits for memory as the page dies takes its share once', async () => {
  // One has two thirds of what all may have.
  const large = { ...facts, width: 4000, height: 3300 };
  const tries: Promise<unknown>[] = [];
  const open: Workshop['open'] = async (_file, name, to, signal) => {
    if (name === 'second') {
      const first = new AbortController();
      tries.push(to.facts(large, first.signal).catch(() => 'given up'));
      first.abort(new Error('the page is gone'));
    }
    await to.facts(large, signal);
    return { transparent: false };
  };
  const { runAs, answers, inferred } = bench([], noOtherCards, [], open);
  const slow = held();
  answers.infer = () => (inferred.length === 1 ? slow.answer : { kind: 'done' });
  const first = runAs('first');
  await vi.waitFor(() => expect(inferred).toHaveLength(1));
  const second = runAs('second');
  await vi.waitFor(() => expect(tries).toHaveLength(1));
  slow.give({ kind: 'done' });
  await Promise.all([first, second, runAs('third')]);
  expect(await tries[0]).toBe('given up');
});

describe('a better device that becomes ready', () => {
  test('takes over a picture at its next tile, with what is done', async () => {
    const { line, run, devices, byWebgpu, answers, inferred, asked, told, progress } = bench();
    const slow = held();
    answers.infer = ({ device }: HostCalls['infer']['args']) => (device === 'cpu' ? slow.answer : { kind: 'done' });
    const done = run();
    await vi.waitFor(() => expect(inferred).toHaveLength(1));
    const jobId = inferred[0]?.jobId ?? 0;
    line.onTiles({ jobId, total: 2, done: 1, rects: [left] });
    devices.changed();
    expect(told).not.toContain('handOver cpu');
    byWebgpu.push('photo');
    devices.changed();
    expect(told).toContain('handOver cpu');
    slow.give({ kind: 'cancelled' });
    await done;
    expect(inferred.map(({ device, finished }) => ({ device, finished }))).toEqual([
      { device: 'cpu', finished: [] },
      { device: 'webgpu', finished: [left] },
    ]);
    expect(inferred[1]).toMatchObject({ jobId, result: inferred[0]?.result });
    expect(asked.at(-1)).toMatch(/^encode/);
    expect(progress).toContainEqual({ kind: 'working', step: 0, done: 1, total: 2, device: 'cpu' });
  });

  test('does not get back a picture that it has failed', async () => {
    const { run, byWebgpu, answers, inferred } = bench();
    byWebgpu.push('photo');
    answers.infer = ({ device }: HostCalls['infer']['args']) => {
      if (device === 'webgpu') throw new AppError('RUN_FAILED', { model: 'photo' });
      // It serves again: the picture after this one may go there.
      byWebgpu.push('photo');
      return { kind: inferred.length < 4 ? 'cancelled' : 'done' };
    };
    await run();
    expect(inferred.filter(({ device }) => device === 'webgpu')).toHaveLength(1);
  });

  test('leaves a picture that a person stopped as it is', async () => {
    const { run, stop, devices, byWebgpu, answers, inferred, told } = bench();
    const slow = held();
    answers.infer = () => slow.answer;
    const done = run();
    await vi.waitFor(() => expect(inferred).toHaveLength(1));
    stop.abort(new Error('stopped'));
    byWebgpu.push('photo');
    devices.changed();
    slow.give({ kind: 'cancelled' });
    await expect(done).rejects.toThrow('stopped');
    expect(told).toEqual(['cancel cpu']);
    expect(inferred).toHaveLength(1);
  });
});

/** Any order of devices that come and fail ends with each picture whole, by the best device that is left. */
test('every picture is whole in the end, whatever comes and fails meanwhile', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('webgpu comes', 'gpu comes', 'fails', 'tile', 'memory'), { maxLength: 12 }),
      fc.integer({ min: 1, max: 3 }),
      async (happenings, pictures) => {
        const onGpu: string[] = [];
        const { line, run, devices, answers, byWebgpu, inferred, told, asked } = bench(onGpu);
        const queue = [...happenings];
        /** What each job lost, and the best that was left for it as its last tile began. */
        const lost = new Map<number, Set<Runner>>();
        const bestAtEnd = new Map<number, Runner>();
        answers.infer = async ({ device, jobId, finished }: HostCalls['infer']['args']) => {
          const its = lost.get(jobId) ?? new Set();
          lost.set(jobId, its);
          for (let next = queue.shift(); next; next = queue.shift()) {
            if (next === 'tile' && finished.length === 0) line.onTiles({ jobId, total: 2, done: 1, rects: [left] });
            if (next === 'webgpu comes' && !its.has('webgpu')) byWebgpu.push('photo');
            if (next === 'gpu comes') onGpu.push('photo');
            if (next === 'fails' || next === 'memory') {
              if (device === 'cpu') continue;
              its.add(device);
              throw new AppError(next === 'fails' ? 'RUN_FAILED' : 'OUT_OF_VRAM', { model: 'photo' });
            }
            const before = told.length;
            devices.changed();
            // A host that is told so stops at its next tile; it is told only where a better one is there.
            if (told.length > before) return { kind: 'cancelled' };
          }
          bestAtEnd.set(jobId, devices.best('photo', its));
          return { kind: 'done' };
        };
        await Promise.all(Array.from({ length: pictures }, run));
        for (const [jobId, best] of bestAtEnd)
          expect(inferred.filter((each) => each.jobId === jobId).at(-1)?.device).toBe(best);
        expect(bestAtEnd.size).toBe(pictures);
        expect(asked.filter((call) => call.startsWith('encode'))).toHaveLength(pictures);
      },
    ),
    { numRuns: 60 },
  );
});

describe('another card that works on the queue too', () => {
  /** @param does what it makes of a job of tiles. */
  function otherCard(does: OtherCard['runTiles']) {
    const told: string[] = [];
    const cards: OtherCard[] = [];
    const card: OtherCard = {
      uuid: 'other',
      host: { tell: (call) => void told.push(call) },
      runTiles: async (...args) => {
        try {
          return await does(...args);
        } catch (error) {
          cards.pop();
          throw error;
        }
      },
    };
    cards.push(card);
    return { told, otherCards: { serving: () => cards, onChange: () => {} } };
  }

  test('takes a picture while the chosen one is at another', async () => {
    const atOther: number[] = [];
    const { otherCards } = otherCard(async (_, { jobId }) => {
      atOther.push(jobId);
      return 'done';
    });
    const { run, answers, inferred } = bench(['photo'], otherCards);
    const slow = held();
    answers.infer = () => slow.answer;
    const first = run();
    await vi.waitFor(() => expect(inferred).toHaveLength(1));
    await Promise.all([run(), run()]);
    expect(atOther).toHaveLength(2);
    slow.give({ kind: 'done' });
    await first;
    expect(inferred).toHaveLength(1);
  });

  test('that fails in the middle leaves the rest of the picture to the chosen one', async () => {
    let hasFailed = false;
    const { otherCards } = otherCard(async (_, { jobId }) => {
      line.onTiles({ jobId, total: 2, done: 1, rects: [left] });
      hasFailed = true;
      throw new AppError('RUN_FAILED', { model: 'photo' });
    });
    const { line, run, answers, inferred, asked } = bench(['photo'], otherCards);
    const slow = held();
    answers.infer = () => (inferred.length === 1 ? slow.answer : { kind: 'done' });
    const first = run();
    await vi.waitFor(() => expect(inferred).toHaveLength(1));
    const second = run();
    await vi.waitFor(() => expect(hasFailed).toBe(true));
    slow.give({ kind: 'done' });
    await Promise.all([first, second]);
    expect(inferred[1]).toMatchObject({ device: 'gpu', finished: [left] });
    expect(asked.filter((call) => call.startsWith('encode'))).toHaveLength(2);
  });

  test('stops where the person stops', async () => {
    const slow = held();
    const { told, otherCards } = otherCard(() => slow.answer as ReturnType<OtherCard['runTiles']>);
    const { run, answers, inferred, stop } = bench(['photo'], otherCards);
    const chosen = held();
    answers.infer = () => chosen.answer;
    const runs = [run(), run()];
    await vi.waitFor(() => expect(inferred).toHaveLength(1));
    // Both have begun by then.
    await new Promise((resolve) => setTimeout(resolve, 20));
    stop.abort(new Error('stopped'));
    slow.give('cancelled');
    chosen.give({ kind: 'cancelled' });
    const ends = await Promise.allSettled(runs);
    expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(told).toEqual(['cancel']);
  });

  test('is left alone where the chosen one does not serve', async () => {
    const { otherCards } = otherCard(() => Promise.reject(new Error('was asked')));
    const { run, inferred } = bench([], otherCards);
    await Promise.all([run(), run()]);
    expect(inferred.map(({ device }) => device)).toEqual(['cpu', 'cpu']);
  });
});

describe('a tool that looks at whole pictures', () => {
  const faces = exampleCard('faces', { flow: { kind: 'whole', fit: 'contain' } });
  const asks = (model: string) => ({ kind: 'asks', model, width: 32, height: 32, count: 1 });

  test('gets its networks run until its code is through', async () => {
    const { runTool, answers, asked, told } = bench([], noOtherCards, [faces]);
    const said = [asks('faces'), { kind: 'done', answer: { kind: 'same' }, note: null }];
    answers.finish = () => asks('faces');
    answers.goOn = () => said.shift();
    answers.inferSheet = [[]];
    await runTool('faces');
    expect(asked.filter((call) => /^(infer|finish|goOn|encode)/.test(call))).toEqual([
      'inferPicture faces cpu',
      'finish faces pictures',
      'inferSheet faces cpu',
      'goOn undefined pictures',
      'inferSheet faces cpu',
      'goOn undefined pictures',
      'encode undefined pictures',
    ]);
    expect(told).toEqual(['endFinish pictures']);
  });

  test('runs no network of another tool, and is ended where it asks for one', async () => {
    const { runTool, answers, asked, told } = bench([], noOtherCards, [faces]);
    answers.finish = () => asks('photo');
    await expect(runTool('faces')).rejects.toMatchObject({ code: 'MODEL_MISSING' });
    expect(asked.filter((call) => call.startsWith('inferSheet'))).toEqual([]);
    expect(told).toEqual(['endFinish pictures']);
  });
});
