/** Setup against a host that answers from a script: what the person sees at each turn. The real refit: test:gpu. */
import path from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { AppError, type ErrorCode, ReportedError } from '../../app/errors';
import { exampleGpu } from '../../app/example.fixture';
import type { Machine } from '../../app/machine';
import type { Setup as SetupState } from '../../app/states';
import { Configured } from '../../host/configured';
import type { Configuration, HostCall, TaskId } from '../../host/protocol';
import { exampleRace, exampleShipment, exampleMachine as machine } from '../example.fixture';
import type { Host } from '../hosts/host';
import { createStore, type Store } from '../store';
import { idOf } from './candidates';
import { type KeptPreference, unkept } from './preference';
import { createSetup, type Setup } from './setup';
import { readShipped, type Shipped } from './shipped';

const noDriver: Machine = { ...machine, driver: { kind: 'unknown', reason: 'libcuda.so.1: cannot open' } };

const hit = { kind: 'hit', race: exampleRace };

type Script = { [C in HostCall]?: (id: TaskId) => unknown };
let calls: string[];
let store: Store;
let configured: Configuration;
let tellQuiet: (isQuiet: boolean) => void;

async function setupWith(
  script: Script,
  change = (shipped: Shipped) => shipped,
  preference?: KeptPreference,
): Promise<Setup> {
  calls = [];
  configured = {};
  store = createStore();
  const { root, paths } = await exampleShipment(['faces', 'photo']);
  const answers: Script = {
    detect: () => machine,
    lookUp: () => ({ kind: 'absent' }),
    verify: () => ({ engineBytes: 1, onnxBytes: 1 }),
    refit: () => ({ weights: 7, weightBytes: 70, planBytes: 100, refitMs: 1, serializeMs: 1 }),
    check: () => ({ passed: true, maxAbsError: 0, detail: '', deserializeMs: 1, contextMs: 1, vramBytes: 1 }),
    time: () => ({ kind: 'timed', latencyMs: 1, tilesPerSecond: 100, usefulPerSecond: 100 }),
    ...script,
  };
  const host = {
    configure: (change: Configuration) => {
      configured = { ...configured, ...change };
    },
    call: async (call: HostCall, id: TaskId | null) => {
      calls.push(id ? `${call} ${id.model}` : call);
      return answers[call]?.(id as TaskId) ?? null;
    },
    tell: (call: HostCall, { model }: { model: string }) => calls.push(`tell ${call} ${model}`),
    forgive: () => {},
    stop: () => {},
    renew: () => calls.push('renew'),
  } as unknown as Host;
  const setup = createSetup({
    store,
    host,
    startPreparer: (onQuiet) => {
      tellQuiet = onQuiet;
      return host;
    },
    atOnce: 1,
    shipped: change(await readShipped(paths, null)),
    paths,
    cacheDir: path.join(root, 'cache'),
    ...(preference && { preference }),
  });
  onTestFinished(() => setup.settled());
  return setup;
}

const state = (): SetupState => store.get().setup;
const fail = (code: ErrorCode) => () => {
  const report = new AppError(code, { model: 'm' } as never).toReport();
  throw new ReportedError(report);
};
const onlyFor = (model: string, answer: (id: TaskId) => unknown, otherwise: (id: TaskId) => unknown) => (id: TaskId) =>
  id.model === model ? answer(id) : otherwise(id);
const phases = (): string[] => {
  const setup = state();
  if (setup.kind === 'preparing' || setup.kind === 'prepared') return setup.rows.map(({ phase }) => phase);
  return setup.kind === 'ready' && setup.device.kind === 'gpu' ? setup.device.rows.map(({ phase }) => phase) : [];
};

beforeEach(() => {
  calls = [];
});

test('asks before the first preparation', async () => {
  const setup = await setupWith({});
  await setup.start();
  expect(state()).toMatchObject({ kind: 'found', engines: [{ target: 'portable' }, { model: 'photo' }] });
  expect(calls.some((call) => call.startsWith('refit'))).toBe(false);
});

test('looks for what is kept of every model at once', async () => {
  let asked = 0;
  let tell = (): void => {};
  const all = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const setup = await setupWith({
    lookUp: async () => {
      if (++asked === 2) tell();
      await all;
      return { kind: 'absent' };
    },
  });
  await setup.start();
  expect(state().kind).toBe('found');
});

test('lets the tools open while the look waits for the first frame', async () => {
  let draw = (): void => {};
  const isDrawn = new Promise<void>((resolve) => {
    draw = resolve;
  });
  const setup = await setupWith({});
  const started = setup.start(true, isDrawn);
  expect(state()).toMatchObject({ kind: 'ready', device: { kind: 'cpu', reason: { code: 'GPU_LOOKING' } } });
  await Promise.resolve();
  expect(calls).toEqual([]);
  draw();
  await started;
  expect(calls).toContain('detect');
});

test('tells the host once of all that its calls name', async () => {
  const asked: TaskId[] = [];
  const note = (id: TaskId) => void asked.push(id);
  const setup = await setupWith({ lookUp: (id) => note(id) ?? { kind: 'absent' }, keep: note });
  await setup.start();
  await setup.prepare();
  const host = new Configured();
  host.configure(configured);
  expect(asked.length).toBeGreaterThan(2);
  for (const id of asked) expect(idOf(host.task(id))).toEqual({ ...id, race: undefined });
  expect(host.task(asked[0] as TaskId).engineFile).toMatch(/faces/);
});

test('warms the host up while a person reads, and is not stopped by its failing', async () => {
  const setup = await setupWith({ warm: fail('FILE_MISSING') });
  await setup.start();
  expect([state().kind, calls.at(-1)]).toEqual(['found', 'warm photo']);
});

test('takes each engine through the verbs, in their order', async () => {
  const setup = await setupWith({});
  await setup.start();
  await setup.prepare();
  expect(calls.filter((call) => call.endsWith(' photo'))).toEqual(
    // Looked up once more when no other process can be at it any longer.
    ['lookUp', 'warm', 'lookUp', 'verify', 'refit', 'check', 'keep', 'release'].map((verb) => `${verb} photo`),
  );
  expect(state()).toMatchObject({ kind: 'prepared' });
  setup.continueSetup();
  expect(state()).toMatchObject({ kind: 'ready', device: { kind: 'gpu' } });
  expect(setup.gpuTask('photo')?.gpu).toBe(0);
});

test('is ready at once on the second launch, and refits nothing', async () => {
  const setup = await setupWith({ lookUp: () => hit });
  await setup.start();
  expect(state()).toMatchObject({ kind: 'ready', device: { kind: 'gpu' } });
  expect(calls.filter((call) => /verify|refit|keep/.test(call))).toEqual([]);
});

test('runs the winner of the first launch on the second, and races nothing', async () => {
  const setup = await setupWith({ lookUp: () => hit });
  await setup.start();
  expect(setup.gpuTask('photo')).toMatchObject({ cudaGraph: true, profile: { id: 'tile32' } });
  expect(calls.filter((call) => /check|time/.test(call))).toEqual([]);
});

test('hands out the candidate that was the fastest here', async () => {
  const setup = await setupWith({
    time: ({ cudaGraph }) => ({ kind: 'timed', latencyMs: 1, tilesPerSecond: 1, usefulPerSecond: cudaGraph ? 2 : 1 }),
  });
  await setup.start();
  await setup.prepare();
  setup.continueSetup();
  await setup.settled();
  expect(setup.gpuTask('photo')?.cudaGraph).toBe(true);
});

test('gives a GPU that does not exist yet the portable engine', async () => {
  const [gpu] = machine.gpus.kind === 'known' ? machine.gpus.value : [];
  if (!gpu) throw new Error('the example has no GPU');
  const unborn = { ...gpu, name: 'a GPU of 2030', computeCapability: { major: 13, minor: 0 } };
  const setup = await setupWith({ detect: () => ({ ...machine, gpus: { kind: 'known', value: [unborn] } }) });
  await setup.start();
  await setup.prepare();
  setup.continueSetup();
  expect(setup.gpuTask('photo')?.entry.target).toBe('portable');
});

test('runs on the processor and says why where the GPU is older than any engine', async () => {
  const [gpu] = machine.gpus.kind === 'known' ? machine.gpus.value : [];
  if (!gpu) throw new Error('the example has no GPU');
  const pascal = { ...gpu, name: 'GeForce GTX 1080', computeCapability: { major: 6, minor: 1 } };
  const setup = await setupWith({ detect: () => ({ ...machine, gpus: { kind: 'known', value: [pascal] } }) });
  await setup.start();
  expect(state()).toMatchObject({ kind: 'ready', device: { kind: 'cpu', reason: { code: 'GPU_TOO_OLD' } } });
  expect(calls.some((call) => call.startsWith('verify'))).toBe(false);
});

test('tries no other engine once the app ends in the middle of a race', async () => {
  let die = (_: AppError): void => {};
  const timing = new Promise<never>((_, reject) => {
    die = reject;
  });
  const setup = await setupWith({ time: () => timing });
  await setup.start();
  void setup.prepare();
  await vi.waitFor(() => expect(calls.some((call) => call.startsWith('time '))).toBe(true));
  setup.end();
  const before = calls.length;
  die(new AppError('HOST_DIED', { how: 'ended' }, 'the app ends'));
  await setup.settled();
  expect(calls.slice(before).filter((call) => !call.startsWith('tell '))).toEqual([]);
});

test('makes a damaged entry again without asking, and says so', async () => {
  const setup = await setupWith({
    lookUp: onlyFor(
      'photo',
      () => ({ kind: 'damaged', detail: 'plan.bin has changed' }),
      () => hit,
    ),
  });
  await setup.start();
  expect(state()).toMatchObject({ kind: 'ready', device: { kind: 'gpu' } });
  expect(calls.filter((call) => call.startsWith('refit'))).toEqual(['refit photo']);
  expect(store.get().notices.map(({ code }) => code)).toEqual(['CACHE_DAMAGED']);
});

test('makes the engines again behind the tools where the card or its driver has changed, and says so once', async () => {
  let release: () => void = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const setup = await setupWith({
    lookUp: () => ({ kind: 'absent', changed: true }),
    verify: () => held.then(() => ({ engineBytes: 1, onnxBytes: 1 })),
  });
  const seen: string[] = [];
  store.subscribe(() => seen.push(state().kind));
  const started = setup.start();
  await vi.waitFor(() => expect(calls).toContain('verify faces'));
  expect(state()).toMatchObject({ kind: 'ready', device: { kind: 'cpu', reason: { code: 'GPU_PREPARING' } } });
  release();
  await started;
  expect(state()).toMatchObject({ kind: 'ready', device: { kind: 'gpu' } });
  // No screen of the first start stands before the tools.
  expect(new Set(seen)).toEqual(new Set(['detecting', 'ready']));
  expect(calls.filter((call) => call.startsWith('refit'))).not.toEqual([]);
  expect(store.get().notices.map(({ code }) => code)).toEqual(['CACHE_OUTDATED']);
});

test('runs on the processor and says why where no driver is', async () => {
  const setup = await setupWith({ detect: () => noDriver });
  await setup.start();
  expect(state()).toMatchObject({ kind: 'ready', device: { kind: 'cpu', reason: { code: 'DRIVER_MISSING' } } });
});

test('runs on the processor and says why where the catalog was refused', async () => {
  const catalogFault = new AppError('CATALOG_ALTERED', { file: 'catalog.json' }).toReport();
  const setup = await setupWith({}, (shipped) => ({ ...shipped, catalog: { version: 1, engines: [] }, catalogFault }));
  await setup.start();
  expect(state()).toMatchObject({ kind: 'ready', device: { kind: 'cpu', reason: { code: 'CATALOG_ALTERED' } } });
});

test('runs on the processor where the addon itself does not load', async () => {
  const setup = await setupWith({ detect: fail('ADDON_BROKEN') });
  await setup.start();
  expect(state()).toMatchObject({ kind: 'ready', device: { kind: 'cpu', reason: { code: 'ADDON_BROKEN' } } });
});

test('says that the part for the GPU could not start where the host ends while it looks', async () => {
  const setup = await setupWith({ detect: fail('HOST_DIED') });
  await setup.start();
  expect(state()).toMatchObject({ kind: 'ready', device: { kind: 'cpu', reason: { code: 'ADDON_BROKEN' } } });
});

test('never keeps a plan that gave a wrong picture, and leaves the other tools their GPU', async () => {
  const setup = await setupWith({ check: onlyFor('photo', fail('PLAN_WRONG'), () => ({ passed: true })) });
  await setup.start();
  await setup.prepare();
  setup.continueSetup();
  expect(calls).not.toContain('keep photo');
  expect(phases()).toEqual(['done', 'failed']);
  expect([setup.gpuTask('photo'), setup.gpuTask('faces')?.card.id]).toEqual([undefined, 'faces']);
});

test.each(['CACHE_FULL', 'CACHE_READ_ONLY'] as const)(
  'works on the GPU uncached where keeping failed (%s), and says so',
  async (code) => {
    const setup = await setupWith({ keep: fail(code) });
    await setup.start();
    await setup.prepare();
    setup.continueSetup();
    expect(setup.gpuTask('photo')).toBeDefined();
    expect(store.get().notices.map((notice) => notice.code)).toContain(code);
  },
);

test('refits again when the host was killed in mid-refit', async () => {
  let tries = 0;
  const setup = await setupWith({
    refit: onlyFor(
      'photo',
      () => {
        tries += 1;
        if (tries === 1) throw new AppError('HOST_DIED', {});
        return { weights: 7, weightBytes: 70, planBytes: 100, refitMs: 1, serializeMs: 1 };
      },
      () => ({ weights: 1, weightBytes: 1, planBytes: 1, refitMs: 1, serializeMs: 1 }),
    ),
  });
  await setup.start();
  await setup.prepare();
  expect([tries, phases()]).toEqual([2, ['done', 'done']]);
});

test('lets the processor work while the GPU is prepared, and hands over by itself', async () => {
  let release: () => void = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const setup = await setupWith({ verify: () => held.then(() => ({ engineBytes: 1, onnxBytes: 1 })) });
  await setup.start();
  const preparing = setup.prepare();
  setup.continueSetup();
  expect(state()).toMatchObject({ kind: 'ready', device: { kind: 'cpu', reason: { code: 'GPU_PREPARING' } } });
  release();
  await preparing;
  expect(state()).toMatchObject({ kind: 'ready', device: { kind: 'gpu' } });
});

test('lets a person skip, and look for the GPU again', async () => {
  const setup = await setupWith({});
  await setup.start();
  setup.continueSetup();
  expect(state()).toMatchObject({ kind: 'ready', device: { kind: 'cpu', reason: { code: 'SKIPPED_BY_USER' } } });
  await setup.retry();
  expect(calls).toContain('renew');
  expect(state().kind).toBe('found');
});

test('hands over to the processor where the host gave up, and serves no GPU task any more', async () => {
  const setup = await setupWith({ lookUp: () => hit });
  await setup.start();
  setup.fallBack(new AppError('HOST_GAVE_UP', {}).toReport());
  expect(setup.gpuTask('photo')).toBeUndefined();
  expect(state()).toMatchObject({ kind: 'ready', device: { kind: 'cpu', reason: { code: 'HOST_GAVE_UP' } } });
});

test('looks for the GPU again in the middle of a preparation, and gets through', async () => {
  let release: () => void = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const setup = await setupWith({ verify: () => held.then(() => ({ engineBytes: 1, onnxBytes: 1 })) });
  await setup.start();
  void setup.prepare();
  setup.continueSetup();
  const again = setup.retry();
  expect(state().kind).toBe('detecting');
  release();
  await again;
  expect(state().kind).toBe('found');
  await setup.prepare();
  expect(phases()).toEqual(['done', 'done']);
});

test('says that the engine is being made once every weight is found', async () => {
  let seen: unknown;
  const setup: Setup = await setupWith({
    refit: ({ model }) => {
      setup.onRefitProgress({ model, weightsDone: 7, weightsTotal: 7, bytesDone: 70, bytesTotal: 70 });
      const now = state();
      if (now.kind === 'preparing') seen ??= now.rows[0];
      return { weights: 7, weightBytes: 70, planBytes: 100, refitMs: 1, serializeMs: 1 };
    },
  });
  await setup.start();
  await setup.prepare();
  expect(seen).toMatchObject({ phase: 'serializing' });
});

test('shows the progress that the host tells, weights and bytes', async () => {
  let seen: unknown;
  const setup: Setup = await setupWith({
    refit: ({ model }) => {
      setup.onRefitProgress({ model, weightsDone: 3, weightsTotal: 7, bytesDone: 30, bytesTotal: 70 });
      const now = state();
      if (now.kind === 'preparing') seen ??= now.rows[0];
      return { weights: 7, weightBytes: 70, planBytes: 100, refitMs: 1, serializeMs: 1 };
    },
  });
  await setup.start();
  await setup.prepare();
  expect(seen).toMatchObject({ phase: 'refitting', weightsDone: 3, bytesTotal: 70 });
});

test('gives a tool without an engine a row that says why the processor has it', async () => {
  const setup = await setupWith({ lookUp: () => hit }, (shipped) => ({
    ...shipped,
    catalog: { ...shipped.catalog, engines: shipped.catalog.engines.filter(({ model }) => model !== 'photo') },
  }));
  await setup.start();
  const now = state();
  const rows = now.kind === 'ready' && now.device.kind === 'gpu' ? now.device.rows : [];
  expect(rows).toMatchObject([
    { model: 'faces', phase: 'cached' },
    { model: 'photo', phase: 'failed', reason: { code: 'ENGINE_NONE' } },
  ]);
});

test('takes an engine that another process has made meanwhile, and refits nothing', async () => {
  let looked = 0;
  const setup = await setupWith({ lookUp: () => (++looked <= 2 ? { kind: 'absent' } : hit) });
  await setup.start();
  await setup.prepare();
  setup.continueSetup();
  expect(phases()).toEqual(['cached', 'cached']);
  expect(setup.gpuTask('photo')).toMatchObject({ cudaGraph: true });
  expect(calls.filter((call) => /verify|refit|keep/.test(call))).toEqual([]);
});

/** A GPU that answers when the test says so. */
function slowGpu(rest: Script = {}) {
  let answer: (found: Machine | Error) => void = () => {};
  const found = new Promise<Machine>((resolve, reject) => {
    answer = (told) => (told instanceof Error ? reject(told) : resolve(told));
  });
  return { script: { ...rest, detect: () => found }, answer: (told: Machine | Error) => answer(told) };
}

test.each<[string, Script, object]>([
  ['is ready at once', { lookUp: () => hit }, { kind: 'gpu' }],
  ['has engines to be made again', { lookUp: () => ({ kind: 'damaged', detail: '' }) }, { kind: 'gpu' }],
  ['was never prepared', {}, { kind: 'cpu', reason: { code: 'SKIPPED_BY_USER' } }],
])('lets a person work while it looks, and takes a GPU that %s when it answers', async (_, script, device) => {
  const gpu = slowGpu(script);
  const setup = await setupWith(gpu.script);
  const started = setup.start();
  setup.continueSetup();
  expect(state()).toMatchObject({ kind: 'ready', device: { kind: 'cpu', reason: { code: 'GPU_LOOKING' } } });
  gpu.answer(machine);
  await started;
  expect(state()).toMatchObject({ kind: 'ready', device });
});

test.each<[string, Script, object]>([
  ['is ready', { lookUp: () => hit }, { kind: 'ready', device: { kind: 'gpu' } }],
  ['came new, and nothing is kept for it', {}, { kind: 'found' }],
])('lets a returning person work at once, and takes a GPU that %s when it answers', async (_, script, end) => {
  const gpu = slowGpu(script);
  const setup = await setupWith(gpu.script);
  const started = setup.start(true);
  expect(state()).toMatchObject({ kind: 'ready', device: { kind: 'cpu', reason: { code: 'GPU_LOOKING' } } });
  gpu.answer(machine);
  await started;
  expect(state()).toMatchObject(end);
});

test('says that a GPU did not answer where its host hung while it was looked for', async () => {
  const gpu = slowGpu();
  const setup = await setupWith(gpu.script);
  const started = setup.start();
  setup.continueSetup();
  gpu.answer(new AppError('HOST_DIED', { how: 'hung' }));
  await started;
  expect(state()).toMatchObject({ kind: 'ready', device: { kind: 'cpu', reason: { code: 'GPU_SILENT' } } });
});

test('says so of the model whose host gives no sign of life, until it does', async () => {
  const seen: boolean[] = [];
  const rowOf = () => {
    const now = state();
    return now.kind === 'preparing' ? now.rows.map(({ silent }) => silent === true) : [];
  };
  const setup = await setupWith({
    refit: onlyFor(
      'photo',
      () => {
        tellQuiet(true);
        seen.push(...rowOf());
        tellQuiet(false);
        seen.push(...rowOf());
        return { weights: 7, weightBytes: 70, planBytes: 100, refitMs: 1, serializeMs: 1 };
      },
      () => ({ weights: 7, weightBytes: 70, planBytes: 100, refitMs: 1, serializeMs: 1 }),
    ),
  });
  await setup.start();
  await setup.prepare();
  expect(seen.filter(Boolean)).toHaveLength(1);
  expect(seen.slice(seen.length / 2)).not.toContain(true);
});

test('loads the library that serves the card, in a new process, where the newer one does not', async () => {
  const hopper = { ...exampleGpu, name: 'NVIDIA H100', computeCapability: { major: 9, minor: 0 } };
  const told = ['tensorrt-rtx 1.7.1', 'tensorrt-rtx 1.6.1'];
  const loaded: (string | undefined)[] = [];
  const detect = () => {
    loaded.push(configured.engine?.addon, configured.engine?.libraries);
    const runtime = { kind: 'known' as const, value: told.shift() ?? '' };
    return { ...machine, gpus: { kind: 'known', value: [hopper] }, runtime };
  };
  const setup = await setupWith({ detect }, (shipped) => {
    const { catalog } = shipped;
    const newer = catalog.engines.map((entry) => ({ ...entry, runtime: 'tensorrt-rtx 1.7.1' }));
    return { ...shipped, catalog: { ...catalog, engines: [...catalog.engines, ...newer] } };
  });
  await setup.start();
  expect(calls.slice(0, 3)).toEqual(['detect', 'renew', 'detect']);
  expect(loaded.map((file) => file?.match(/1\.[67]\.1/)?.[0])).toEqual(['1.7.1', '1.7.1', '1.6.1', '1.6.1']);
  expect(state()).toMatchObject({ kind: 'found', facts: { runtime: 'tensorrt-rtx 1.6.1' } });
  await setup.prepare();
  expect(setup.gpuTask('photo')?.entry.runtime ?? configured.candidates?.[0]?.engines[0]?.entry.runtime).toBe(
    'tensorrt-rtx 1.6.1',
  );
});

describe('of two graphics cards', () => {
  const [small] = machine.gpus.kind === 'known' ? machine.gpus.value : [];
  if (!small) throw new Error('the example has no GPU');
  const large = { ...small, index: 1, name: 'RTX 4090', uuid: 'GPU-2', multiprocessors: 128, vramBytes: 24e9 };
  const old = { ...small, index: 2, name: 'GTX 1080', uuid: 'GPU-3', computeCapability: { major: 6, minor: 1 } };
  const two: Machine = { ...machine, gpus: { kind: 'known', value: [small, large, old] } };
  const detect = () => two;
  const automatic = { gpu: null, upTo: 'gpu' } as const;
  /** Engines of the large card are there. */
  const largePrepared = {
    detect,
    lookUp: ({ gpuUuid }: TaskId) => (gpuUuid === large.uuid ? hit : { kind: 'absent' }),
  };
  const choosing = async (gpu: string): Promise<KeptPreference> => {
    const preference = unkept();
    await preference.set({ ...automatic, gpu });
    return preference;
  };

  test('proposes the best, and tells of all', async () => {
    const setup = await setupWith({ detect });
    await setup.start();
    expect(state()).toMatchObject({ kind: 'found', facts: { gpu: { name: 'RTX 4090' } } });
    expect(store.get().gpus).toMatchObject({
      rows: [{ gpu: large }, { gpu: small }, { gpu: old, serves: false }],
      merit: 'faster',
    });
  });

  test('tells of another one instead, and prepares nothing unasked', async () => {
    const setup = await setupWith({ detect });
    await setup.start();
    await setup.chooseDevice({ ...automatic, gpu: small.uuid });
    expect(state()).toMatchObject({ kind: 'found', facts: { gpu: { name: 'RTX 4070' } } });
    expect(calls.some((call) => call.startsWith('refit'))).toBe(false);
    await setup.prepare();
    setup.continueSetup();
    expect(setup.gpuTask('photo')).toMatchObject({ gpu: 0, identity: { gpuUuid: small.uuid } });
  });

  test('makes engines for another one behind the tools, and ends the process of the one before', async () => {
    const setup = await setupWith({
      ...largePrepared,
      lookUp: ({ gpuUuid }) => (gpuUuid === large.uuid ? hit : { kind: 'absent', changed: true }),
    });
    await setup.start();
    expect(setup.gpuTask('photo')).toMatchObject({ gpu: 1, identity: { gpuUuid: large.uuid } });
    const seen: string[] = [];
    store.subscribe(({ event }) => {
      if (event.kind === 'ready') seen.push(event.device.kind === 'cpu' ? event.device.reason.code : 'gpu');
    });
    await setup.chooseDevice({ ...automatic, gpu: small.uuid });
    expect(setup.gpuTask('photo')).toMatchObject({ gpu: 0, identity: { gpuUuid: small.uuid } });
    expect(new Set(seen)).toEqual(new Set(['GPU_PREPARING', 'gpu']));
    expect(calls.indexOf('renew')).toBeLessThan(calls.lastIndexOf('detect'));
    expect(calls.filter((call) => call.startsWith('refit'))).toEqual(['refit faces', 'refit photo']);
    // It is the person's own doing.
    expect(store.get().notices).toEqual([]);
  });

  test('goes back to engines that are there at once', async () => {
    const setup = await setupWith(largePrepared, undefined, await choosing(small.uuid));
    await setup.start();
    expect(state()).toMatchObject({ kind: 'found', facts: { gpu: { name: 'RTX 4070' } } });
    await setup.chooseDevice(automatic);
    expect(state()).toMatchObject({ kind: 'ready', device: { kind: 'gpu', facts: { gpu: { name: 'RTX 4090' } } } });
    expect(calls.some((call) => call.startsWith('refit'))).toBe(false);
  });

  test('waits for a job to leave the card before its process ends', async () => {
    const setup = await setupWith({ ...largePrepared, lookUp: () => hit });
    await setup.start();
    let leave: () => void = () => {};
    const job = setup.withGpu(
      () =>
        new Promise<void>((resolve) => {
          leave = resolve;
        }),
    );
    const chosen = setup.chooseDevice({ ...automatic, gpu: small.uuid });
    await new Promise((resolve) => setImmediate(resolve));
    // A job looks for another device by this, while it works on.
    expect([setup.gpuTask('photo'), calls.includes('renew')]).toEqual([undefined, false]);
    leave();
    await Promise.all([job, chosen]);
    expect([setup.gpuTask('photo')?.gpu, calls.includes('renew')]).toEqual([0, true]);
  });

  test('leaves the card alone where the choice is of another kind', async () => {
    const setup = await setupWith(largePrepared);
    await setup.start();
    await setup.chooseDevice({ gpu: null, upTo: 'cpu' });
    expect([store.get().preference, calls.includes('renew')]).toEqual([{ gpu: null, upTo: 'cpu' }, false]);
  });

  test('uses the one that was chosen before', async () => {
    const setup = await setupWith({ detect }, undefined, await choosing(small.uuid));
    await setup.start();
    expect(state()).toMatchObject({ kind: 'found', facts: { gpu: { name: 'RTX 4070' } } });
    expect(store.get().notices).toEqual([]);
  });

  test.each(['GPU-of-last-year', old.uuid])('says so where the chosen one cannot be used: %s', async (gpu) => {
    const preference = await choosing(gpu);
    const setup = await setupWith({ detect }, undefined, preference);
    await setup.start();
    expect(state()).toMatchObject({ kind: 'found', facts: { gpu: { name: 'RTX 4090' } } });
    expect(store.get().notices).toMatchObject([{ code: 'GPU_CHOICE_GONE', params: { gpu: 'RTX 4090' } }]);
    // It may be back tomorrow.
    expect(preference.get().gpu).toBe(gpu);
  });

  test.each(['GPU-of-nobody', old.uuid])('refuses one that no engine serves: %s', async (gpu) => {
    const setup = await setupWith(largePrepared);
    await setup.start();
    expect(() => setup.chooseDevice({ ...automatic, gpu })).toThrow(expect.objectContaining({ code: 'BAD_MESSAGE' }));
    expect(setup.gpuTask('photo')?.gpu).toBe(1);
  });
});
