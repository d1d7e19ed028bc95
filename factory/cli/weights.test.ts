/** Installing packs and switching, with a host that only remembers what it was asked. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { EngineEntry } from '../../app/catalog';
import { AppError } from '../../app/errors';
import type { GpuTask } from '../../host/protocol';
import { exampleEntry, exampleIdentity, temporaryFolder } from '../../main/example.fixture';
import type { Host } from '../../main/hosts/host';
import { openVersions } from '../../main/weights/versions';
import { createWeights } from '../../main/weights/weights';
import { entryKey } from '../../storage/cache';
import { sha256 } from '../../storage/verify';
import { tinyOnnx } from '../../test/tinyOnnx';
import { examplePack, key, newWeights } from './pack.fixture';

const newSha256 = sha256(tinyOnnx(newWeights));

/** @param answers what the host's calls give; a function may throw. */
async function installing(
  answers: Record<string, () => unknown>,
  flags: EngineEntry['flags'] = ['STRIP_PLAN', 'REFIT'],
  hasGpu = true,
) {
  const { card, paths, pack } = await examplePack();
  const entry = { ...exampleEntry('tiny'), flags, onnxSha256: card.onnx.sha256 };
  const shipped = { cards: [card], catalog: { ...emptyCatalog(), engines: [entry] }, notices: [] };
  const versions = await openVersions(await temporaryFolder(), shipped, paths);
  const asked: string[] = [];
  const tasks: unknown[] = [];
  const host = {
    call: async (call: string, args: unknown) => {
      asked.push(call);
      tasks.push(args);
      return answers[call]?.() ?? null;
    },
    tell: (call: string) => asked.push(call),
    configure: () => undefined,
  } as unknown as Host;
  const profile = card.profiles[0];
  if (!profile) throw new Error('no profile');
  const task: GpuTask = {
    card,
    entry,
    profile,
    cudaGraph: false,
    gpu: 0,
    identity: { ...exampleIdentity, model: 'tiny', onnxSha256: card.onnx.sha256 },
    engineFile: '',
    onnxFile: '',
    preparedDir: '',
    cacheDir: await temporaryFolder(),
    addon: '',
    libraries: '',
  };
  let looked = 0;
  const current = () => versions.taskWith(task, versions.current('tiny').onnx.sha256);
  const gpuTask = () => (hasGpu ? current() : undefined);
  const weights = createWeights(versions, { gpu: host }, gpuTask, async () => void looked++, key);
  return { weights, versions, asked, tasks, task, pack, card, looked: () => looked };
}

const emptyCatalog = () => ({ version: 1 as const, engines: [] });
const figures = { by: 'tensors', weights: 2 };

test('an update in place asks for nothing else, and its version is used from then on', async () => {
  const { weights, versions, asked, pack, looked } = await installing({ update: () => ({ kind: 'updated', figures }) });
  expect(await weights.install(pack)).toMatchObject({ model: 'tiny', figures });
  expect(asked).toEqual(['update', 'release']);
  expect(versions.current('tiny').onnx.sha256).toBe(newSha256);
  expect(looked()).toBe(1);
});

test('where no plan takes weights, the engine is made from the stripped one', async () => {
  const { weights, versions, asked, pack } = await installing({ update: () => ({ kind: 'absent', why: 'absent' }) });
  expect((await weights.install(pack)).figures).toBeUndefined();
  expect(asked).toEqual(['update', 'verify', 'refit', 'check', 'keep', 'release']);
  expect(versions.current('tiny').onnx.sha256).toBe(newSha256);
});

test('an engine built for one set of weights is never given another', async () => {
  const answers = { update: () => ({ kind: 'absent', why: 'absent' }) };
  const { weights, versions, asked, pack, card } = await installing(answers, ['STRIP_PLAN', 'REFIT_IDENTICAL']);
  await expect(weights.install(pack)).rejects.toMatchObject({ code: 'REFIT_FAILED' });
  expect(asked).toEqual(['update']);
  expect(versions.current('tiny').onnx.sha256).toBe(card.onnx.sha256);
});

test('new weights that give a wrong picture leave everything as it was', async () => {
  const { weights, versions, pack, card, looked } = await installing({
    update: () => {
      throw new AppError('PLAN_WRONG', { model: 'tiny' });
    },
  });
  await expect(weights.install(pack)).rejects.toMatchObject({ code: 'PLAN_WRONG' });
  expect(versions.of('tiny')).toHaveLength(1);
  expect(versions.current('tiny').onnx.sha256).toBe(card.onnx.sha256);
  expect(looked()).toBe(0);
});

test('a version that is installed once more, in vain, keeps its plan', async () => {
  const answers: Record<string, () => unknown> = { update: () => ({ kind: 'updated', figures }) };
  const { weights, versions, pack, task } = await installing(answers);
  await weights.install(pack);
  const { identity } = versions.taskWith(task, newSha256);
  const plan = path.join(task.cacheDir, identity.model, entryKey(identity), 'plan.bin');
  await mkdir(path.dirname(plan), { recursive: true });
  await writeFile(plan, 'a plan');
  answers.update = () => {
    throw new AppError('HOST_DIED', {});
  };
  await expect(weights.install(pack)).rejects.toMatchObject({ code: 'HOST_DIED' });
  expect(await readFile(plan, 'utf8')).toBe('a plan');
  expect(versions.current('tiny').onnx.sha256).toBe(newSha256);
});

test('a pack that is refused reaches no host', async () => {
  const { weights, asked, pack } = await installing({});
  await expect(weights.install(path.join(pack, 'none'))).rejects.toMatchObject({ code: 'PACK_REFUSED' });
  expect(asked).toEqual([]);
});

test('switching back makes nothing', async () => {
  const { weights, versions, asked, pack, card } = await installing({ update: () => ({ kind: 'updated', figures }) });
  await weights.install(pack);
  asked.length = 0;
  await weights.choose('tiny', card.onnx.sha256);
  expect(asked).toEqual(['release']);
  expect(versions.current('tiny').onnx.sha256).toBe(card.onnx.sha256);
});

test('without a GPU the processor has the new weights', async () => {
  const { weights, versions, asked, pack } = await installing({}, ['STRIP_PLAN', 'REFIT'], false);
  await weights.install(pack);
  expect(asked).toEqual(['release']);
  expect(sha256(await readFile(versions.paths.prepared('tiny', 'model.onnx')))).toBe(newSha256);
});

test('a comparison takes both versions to the host, with the picture and where the results go', async () => {
  const outputs = [[], []];
  const { weights, tasks, pack, card } = await installing({
    compare: () => outputs,
    update: () => ({ kind: 'updated', figures }),
  });
  await weights.install(pack);
  const facts = { file: '/p', width: 3, height: 2, channels: 3 } as const;
  const pictures = { picture: { picture: facts }, results: null };
  expect(await weights.compare('tiny', [card.onnx.sha256, newSha256], pictures)).toBe(outputs);
  expect(tasks.at(-1)).toMatchObject({
    versions: [{ onnxSha256: card.onnx.sha256 }, { onnxSha256: newSha256 }],
    ...pictures,
  });
});

test('a comparison without a GPU says so', async () => {
  const { weights, asked, card } = await installing({}, ['STRIP_PLAN', 'REFIT'], false);
  const picture = { picture: { file: '/p', width: 3, height: 2, channels: 3 } } as const;
  const comparing = weights.compare('tiny', [card.onnx.sha256, newSha256], { picture, results: null });
  await expect(comparing).rejects.toMatchObject({ code: 'GPU_NONE' });
  expect(asked).toEqual([]);
});
