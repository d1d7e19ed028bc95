/** Shipped engines and models on a GPU. Writes docs/gpu-report at the end. */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Catalog, KernelsEntry } from '../../app/catalog';
import { compileKernels, packKernels } from '../../factory/engines/kernels';
import { type Measured, measure, startHost, taskOn } from '../../factory/engines/measure';
import { raceModel, raceRows } from '../../factory/engines/race';
import { openRig } from '../../factory/engines/rig';
import type { GpuTask } from '../../host/protocol';
import { exampleShipment, temporaryFolder } from '../../main/example.fixture';
import type { Paths } from '../../main/paths';
import { candidatesOf, configurationOf, idOf } from '../../main/setup/candidates';
import { createSetup } from '../../main/setup/setup';
import { readShipped } from '../../main/setup/shipped';
import { createStore } from '../../main/store';
import { outlineOnnx } from '../../native/onnx';
import { readEntry } from '../../storage/cache';
import { readEngine, readOnnx, sha256 } from '../../storage/verify';
import { compareLaunches, type FirstLaunch, firstLaunch } from './firstLaunch';
import { type Seen, writeReport } from './report';

const { rig, subjects, cards, catalog } = await openRig();
const seen: Seen = { measured: [], races: [], firstLaunches: [], checks: [] };
const hosts: ReturnType<typeof startHost>[] = [];
let cacheDir: string;

/** @param tasks that the host is asked for. */
const freshHost = (...tasks: GpuTask[]) => {
  const started = startHost();
  started.host.configure(configurationOf(tasks));
  hosts.push(started);
  return started;
};
const subject = (model: string) => {
  const found = subjects.find(({ card }) => card.id === model);
  if (!found) throw new Error(`no engine of ${model} for this GPU`);
  return found;
};
const taskOf = (model: string): GpuTask => {
  const { card, profile, entry } = subject(model);
  return taskOn(rig, card, profile, entry, cacheDir);
};

beforeAll(async () => {
  cacheDir = await mkdtemp(path.join(tmpdir(), 'refit-gpu-'));
});
afterEach(async ({ task }) => {
  for (const { host } of hosts.splice(0)) host.stop();
  seen.checks.push({ name: task.name, passed: task.result?.state === 'pass' });
  await writeReport(rig, seen, true);
});
afterAll(async () => {
  await rm(cacheDir, { recursive: true, force: true });
  await writeReport(rig, seen, false);
});

test('the first start prepares every engine, the second refits nothing and is ready at once', async () => {
  const shipped = await readShipped(rig.paths, null);
  const start = async () => {
    const calls: string[] = [];
    const heard = () => {
      const { host } = freshHost();
      const call = host.call.bind(host);
      host.call = (name, args) => {
        calls.push(name);
        return call(name, args);
      };
      return host;
    };
    const store = createStore();
    const setup = createSetup({ store, host: heard(), startPreparer: heard, shipped, paths: rig.paths, cacheDir });
    await setup.start();
    return { calls, store, setup };
  };
  const first = await start();
  expect(first.store.get().setup.kind).toBe('found');
  await first.setup.prepare();
  const prepared = first.store.get().setup;
  expect(prepared.kind === 'prepared' && prepared.rows.map(({ phase }) => phase)).toEqual(
    shipped.cards.map(() => 'done'),
  );
  await first.setup.settled();

  const second = await start();
  expect(second.store.get().setup).toMatchObject({ kind: 'ready', device: { kind: 'gpu' } });
  expect(second.calls.filter((name) => ['verify', 'refit', 'check', 'keep'].includes(name))).toEqual([]);
});

test('a host that is killed while it writes a plan leaves a whole entry or none, and nothing behind', async () => {
  const task = taskOf('photo-x4');
  for (let round = 0; round < 6; round++) {
    await rm(path.join(cacheDir, task.card.id), { recursive: true, force: true });
    const { host } = freshHost(task);
    await host.call('verify', idOf(task));
    await host.call('refit', idOf(task));
    await host.call('check', idOf(task));
    const kept = host.call('keep', idOf(task)).catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, round * 12));
    host.stop();
    await kept;
    const { host: next } = freshHost(task);
    // The killed process holds what it began until the driver lets it go.
    const swept = async () => {
      await next.call('sweep', null);
      return (await readdir(cacheDir)).filter((name) => name.startsWith('.tmp'));
    };
    await expect.poll(swept, { timeout: 20_000 }).toEqual([]);
    expect(['hit', 'absent']).toContain((await readEntry(cacheDir, task.identity)).kind);
    next.stop();
  }
});

test('a plan whose picture differs from the reference is never kept', async () => {
  const task = taskOf('fast-x4');
  const preparedDir = await temporaryFolder();
  for (const name of await readdir(task.preparedDir)) {
    if (name.endsWith('.onnx')) continue;
    await writeFile(path.join(preparedDir, name), await readFile(path.join(task.preparedDir, name)));
  }
  // The reference of a network whose weights were left out: all zeros, with hashes that hold.
  const manifestFile = path.join(preparedDir, 'golden.json');
  const manifest = JSON.parse(await readFile(manifestFile, 'utf8'));
  const [output] = manifest.profiles[task.profile.id].outputs;
  const zeros = new Uint8Array((await readFile(path.join(preparedDir, output.file))).byteLength);
  output.sha256 = sha256(zeros);
  await writeFile(path.join(preparedDir, output.file), zeros);
  await writeFile(manifestFile, JSON.stringify(manifest));

  const wrong = { ...task, preparedDir, cacheDir: await temporaryFolder() };
  const { host } = freshHost(wrong);
  await host.call('verify', idOf(wrong));
  await host.call('refit', idOf(wrong));
  await expect(host.call('check', idOf(wrong))).rejects.toMatchObject({ report: { code: 'PLAN_WRONG' } });
  await expect(host.call('keep', idOf(wrong))).rejects.toThrow();
  expect(await readdir(wrong.cacheDir)).toEqual([]);
});

test("another model's ONNX is refused before it reaches the parser, and by the engine library if it did", async () => {
  const task = taskOf('fast-x4');
  const other = taskOf('photo-x4');
  const { host } = freshHost({ ...task, onnxFile: other.onnxFile });
  await expect(host.call('verify', idOf(task))).rejects.toMatchObject({
    report: { code: 'ONNX_HASH_MISMATCH' },
  });
  const engine = await readEngine(task.engineFile, task.entry);
  const onnx = await readOnnx(other.onnxFile, other.card);
  await expect(rig.binding.refit(engine, onnx)).rejects.toMatchObject({ code: /REFIT_FAILED|WEIGHTS_MISSING/ });
});

test('an engine with one byte changed never reaches the engine library', async () => {
  const { paths } = await exampleShipment([]);
  const shipped = taskOf('fast-x4');
  const folder = path.dirname(paths.catalogFile);
  await cp(path.dirname(shipped.engineFile), folder, { recursive: true });
  const task = { ...shipped, engineFile: path.join(folder, path.basename(shipped.engineFile)) };
  const bytes = await readFile(task.engineFile);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  await writeFile(task.engineFile, bytes);
  await expect(freshHost(task).host.call('verify', idOf(task))).rejects.toMatchObject({
    report: { code: 'ENGINE_HASH_MISMATCH' },
  });
});

test('a cached plan with one byte changed is set aside before the engine library sees it', async () => {
  const task = { ...taskOf('fast-x4'), cacheDir: await temporaryFolder() };
  const { host } = freshHost(task);
  for (const call of ['verify', 'refit', 'check', 'keep'] as const) await host.call(call, idOf(task));
  const [key] = await readdir(path.join(task.cacheDir, task.card.id));
  const plan = path.join(task.cacheDir, task.card.id, key ?? '', 'plan.bin');
  const bytes = await readFile(plan);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  await writeFile(plan, bytes);
  const { host: next } = freshHost(task);
  await expect(next.call('openGpu', idOf(task))).rejects.toMatchObject({ report: { code: 'CACHE_DAMAGED' } });
  expect(await readdir(path.join(task.cacheDir, 'quarantine', task.card.id))).toHaveLength(1);
});

/** Kernels of these subjects compiled here and laid into a folder, as they would ship. */
async function shipKernels(
  of: typeof subjects,
): Promise<{ paths: Paths; catalog: Catalog & { kernels: KernelsEntry[] } }> {
  const folder = await mkdtemp(path.join(cacheDir, 'kernels-'));
  const paths: Paths = {
    ...rig.paths,
    kernels: (entry) => path.join(folder, `${entry.model} ${entry.profile} ${entry.target}`),
  };
  const kernels: KernelsEntry[] = [];
  for (const subject of of) {
    const { entry, compressed } = packKernels(rig, subject, await compileKernels(rig, subject));
    await mkdir(path.dirname(paths.kernels(entry)), { recursive: true });
    await writeFile(paths.kernels(entry), compressed);
    kernels.push(entry);
    console.log(
      `kernels of ${entry.model} ${entry.profile} ${entry.target}: ${entry.bytes} → ${entry.compressedBytes} bytes`,
    );
  }
  return { paths, catalog: { ...catalog, kernels } };
}

test('kernels with one byte changed or of another key never reach the engine library', async () => {
  const { card } = subject('fast-x4');
  const { paths, catalog: withKernels } = await shipKernels([subject('fast-x4')]);
  const [entry] = withKernels.kernels;
  if (!entry) throw new Error('no kernels');
  const take = async (changed: Catalog) => {
    const tasks = candidatesOf(card, rig, changed, paths, await temporaryFolder());
    const task = tasks.find(({ profile }) => profile.id === entry.profile);
    if (!task) throw new Error('no candidate');
    const { host } = freshHost(task);
    const { kernelsRefused } = await host.call('verify', idOf(task));
    await host.call('refit', idOf(task));
    const { passed, kernelsUsed } = await host.call('check', idOf(task));
    return { asked: task.kernels !== undefined, refused: kernelsRefused !== undefined, passed, used: kernelsUsed };
  };
  const good = { asked: true, refused: false, passed: true, used: true };
  expect(await take(withKernels)).toEqual(good);
  for (const change of [
    { sm: '8.9' },
    { cudaVersion: rig.driver.cudaVersion + 10 },
    { runtime: 'tensorrt-rtx 99.0.0' },
    { engineSha256: '0'.repeat(64) },
  ])
    expect(await take({ ...withKernels, kernels: [{ ...entry, ...change }] })).toEqual({
      ...good,
      asked: false,
      used: false,
    });

  const bytes = await readFile(paths.kernels(entry));
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  await writeFile(paths.kernels(entry), bytes);
  expect(await take(withKernels)).toEqual({ ...good, refused: true, used: false });
});

/**
 * Networks whose full plans have other sizes and other last digits than the refitted ones (1.6.1): the builder arranges them differently
 * where weights will be put back. The kept plan is the refitted one's to the bit here too.
 */
const arrangedDifferently = ['read-text', 'read-text-lines'];

/** Converted with factory/models/gather.py, into so many tensors. */
const gathered = new Map([
  ['drawing-x4', 8],
  ['photo-x4', 18],
]);

// Timed tests come last, when the GPU's clocks are up.

describe.each(subjects)('$entry.model $entry.profile $entry.target', ({ card, profile, entry }) => {
  let result: Measured;
  beforeAll(async () => {
    result = await measure(rig, card, profile, entry);
    seen.measured.push(result);
    console.log(JSON.stringify(result.row), JSON.stringify(result.errors));
  });
  const of = `${card.id} ${profile.id}`;
  test(`${of}: gives the processor's picture within the card's bound`, () => {
    for (const { output, worst, allowed } of result.errors) expect(worst, output).toBeLessThanOrEqual(allowed);
  });
  test(`${of}: the cached plan gives the refitted one's picture, bit for bit`, () => {
    expect(result.row.cachedEqualsRefitted).toBe(true);
  });
  if (arrangedDifferently.includes(card.id))
    test(`${of}: a full plan gives the refitted one's picture within the card's bound`, () => {
      for (const { output, worst, allowed } of result.fullDifferences)
        expect(worst, output).toBeLessThanOrEqual(allowed);
    });
  else
    test(`${of}: a full plan gives the refitted one's picture, bit for bit`, () => {
      expect(result.fullDifferences.map(({ worst }) => worst)).toEqual(result.fullDifferences.map(() => 0));
      expect(result.row.fullEqualsRefitted).toBe(true);
    });
  test(`${of}: a second host finds the plan`, () => {
    expect(result.secondLookUp).toBe('hit');
  });
  test(`${of}: tells every weight and byte that it put back`, () => {
    const last = result.refitReports.at(-1);
    expect(last?.weightsTotal).toBeGreaterThan(0);
    expect([last?.weightsDone, last?.bytesDone]).toEqual([last?.weightsTotal, last?.bytesTotal]);
  });
  const tensorCount = gathered.get(card.id);
  if (tensorCount !== undefined)
    test(`${of}: puts back its kernels, in a few tensors, and nothing else`, async () => {
      const { tensors } = outlineOnnx(await readOnnx(rig.paths.prepared(card.id, 'model.onnx'), card), card.id);
      const kernels = tensors.filter(({ name }) => /kernels\.[0-9x]+(\.\d+)?$|\.weight$/.test(name));
      expect(kernels).toHaveLength(tensorCount);
      expect(result.refitReports.at(-1)?.weightsTotal).toBe(kernels.length);
    });
});

test.each(cards)('$id: the fastest candidate wins, and each other is slower or out with its reason', async (card) => {
  const { host } = freshHost();
  const race = await raceModel(rig, host, card, catalog);
  seen.races.push(race);
  console.log(card.id, race.gain, JSON.stringify(raceRows(race)));
  expect(race.failure).toBeNull();
  expect(race.rows.map(({ result }) => result.kind)).not.toContain('skipped');
  expect(race.gain ?? 1).toBeGreaterThanOrEqual(1);
  // An engine of another family is refused before anything of it is read.
  expect(race.rows.every(({ target }) => subjects.some(({ entry }) => entry.target === target))).toBe(true);
});

test.each(cards)('$id: a first launch with kernels that ship compiles nothing, and is faster', async (card) => {
  const { kernels: _, ...bare } = catalog;
  const shipped = await shipKernels(subjects.filter((subject) => subject.card === card));
  const launches: { without: FirstLaunch[]; with: FirstLaunch[] } = { without: [], with: [] };
  for (let round = 0; round < (card.id === 'photo-x4' ? 5 : 1); round++) {
    launches.without.push(await firstLaunch(rig.paths, card, bare));
    launches.with.push(await firstLaunch(shipped.paths, card, shipped.catalog));
  }
  const compared = compareLaunches(launches.without, launches.with);
  seen.firstLaunches.push(compared);
  console.log(JSON.stringify(compared));
  expect([compared.without.withKernels, compared.with.withKernels]).toEqual([false, true]);
  expect(compared.ratios.firstPicture).toBeGreaterThan(1);
});
