/** What only a GPU can show, on the engines and models that ship. Ends by writing docs/gpu-report. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { lookUp } from '../main/cache';
import { exampleShipment, temporaryFolder } from '../main/example.fixture';
import type { GpuTask } from '../main/hostProtocol';
import { createSetup } from '../main/setup';
import { readShipped } from '../main/shipped';
import { createStore } from '../main/store';
import { readEngine, readOnnx, sha256 } from '../main/verify';
import { type Measured, measure, startHost, taskOn } from './measure';
import { writeReport } from './report';
import { openRig } from './rig';

const { rig, subjects } = await openRig();
const measured: Measured[] = [];
const checks: { name: string; passed: boolean }[] = [];
const hosts: ReturnType<typeof startHost>[] = [];
let cacheDir: string;

const freshHost = () => {
  const started = startHost();
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
afterEach(({ task }) => {
  for (const { host } of hosts.splice(0)) host.stop();
  checks.push({ name: task.name, passed: task.result?.state === 'pass' });
});
afterAll(async () => {
  await rm(cacheDir, { recursive: true, force: true });
  await writeReport(rig, measured, checks);
});

describe.each(subjects)('$entry.model $entry.profile $entry.target', ({ card, profile, entry }) => {
  let result: Measured;
  beforeAll(async () => {
    result = await measure(rig, card, profile, entry);
    measured.push(result);
    console.log(JSON.stringify(result.row), JSON.stringify(result.errors));
  });
  const of = `${card.id} ${profile.id}`;
  test(`${of}: gives the processor's picture within the card's bound`, () => {
    for (const { output, worst, allowed } of result.errors) expect(worst, output).toBeLessThanOrEqual(allowed);
  });
  test(`${of}: the cached plan gives the refitted one's picture, bit for bit`, () => {
    expect(result.row.cachedEqualsRefitted).toBe(true);
  });
  test(`${of}: a full plan gives the refitted one's picture, bit for bit`, () => {
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
});

test('the first start prepares every engine, the second refits nothing and is ready at once', async () => {
  const shipped = await readShipped(rig.paths);
  const start = async () => {
    const { host } = freshHost();
    const calls: string[] = [];
    const call = host.call.bind(host);
    host.call = (name, args) => {
      calls.push(name);
      return call(name, args);
    };
    const store = createStore();
    const setup = createSetup(store, host, shipped, rig.paths, cacheDir);
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

  const second = await start();
  expect(second.store.get().setup).toMatchObject({ kind: 'ready', device: { kind: 'gpu' } });
  expect(second.calls.filter((name) => ['verify', 'refit', 'check', 'keep'].includes(name))).toEqual([]);
});

test('a host that is killed while it writes a plan leaves a whole entry or none, and nothing behind', async () => {
  const task = taskOf('photo-x4');
  for (let round = 0; round < 6; round++) {
    await rm(path.join(cacheDir, task.card.id), { recursive: true, force: true });
    const { host } = freshHost();
    await host.call('verify', task);
    await host.call('refit', task);
    await host.call('check', task);
    const kept = host.call('keep', task).catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, round * 12));
    host.stop();
    await kept;
    const { host: next } = freshHost();
    await next.call('sweep', { cacheDir });
    expect(['hit', 'absent']).toContain((await lookUp(cacheDir, task.identity)).kind);
    expect((await readdir(cacheDir)).filter((name) => name.startsWith('.tmp'))).toEqual([]);
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

  const { host } = freshHost();
  const wrong = { ...task, preparedDir, cacheDir: await temporaryFolder() };
  await host.call('verify', wrong);
  await host.call('refit', wrong);
  await expect(host.call('check', wrong)).rejects.toMatchObject({ report: { code: 'PLAN_WRONG' } });
  await expect(host.call('keep', wrong)).rejects.toThrow();
  expect(await readdir(wrong.cacheDir)).toEqual([]);
});

test("another model's ONNX is refused before it reaches the parser, and by the engine library if it did", async () => {
  const task = taskOf('fast-x4');
  const other = taskOf('photo-x4');
  const { host } = freshHost();
  await expect(host.call('verify', { ...task, onnxFile: other.onnxFile })).rejects.toMatchObject({
    report: { code: 'ONNX_HASH_MISMATCH' },
  });
  const engine = await readEngine(task.engineFile, task.entry);
  const onnx = await readOnnx(other.onnxFile, other.card);
  await expect(rig.binding.refit(engine, onnx)).rejects.toMatchObject({ code: /REFIT_FAILED|WEIGHTS_MISSING/ });
});

test('an engine with one byte changed never reaches the engine library', async () => {
  const { paths } = await exampleShipment([]);
  const task = { ...taskOf('fast-x4'), engineFile: path.join(path.dirname(paths.catalogFile), 'changed.engine.br') };
  const bytes = await readFile(taskOf('fast-x4').engineFile);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  await writeFile(task.engineFile, bytes);
  await expect(freshHost().host.call('verify', task)).rejects.toMatchObject({
    report: { code: 'ENGINE_HASH_MISMATCH' },
  });
});

test('a cached plan with one byte changed is set aside before the engine library sees it', async () => {
  const task = { ...taskOf('fast-x4'), cacheDir: await temporaryFolder() };
  const { host } = freshHost();
  for (const call of ['verify', 'refit', 'check', 'keep'] as const) await host.call(call, task);
  const [key] = await readdir(path.join(task.cacheDir, task.card.id));
  const plan = path.join(task.cacheDir, task.card.id, key ?? '', 'plan.bin');
  const bytes = await readFile(plan);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  await writeFile(plan, bytes);
  const { host: next } = freshHost();
  expect(await next.call('lookUp', task)).toMatchObject({ kind: 'damaged' });
  expect(await readdir(path.join(task.cacheDir, 'aside', task.card.id))).toHaveLength(1);
});
