/** The race against a host that answers from a script: who is tried, who wins, what is written down. */
import { expect, test } from 'vitest';
import type { Target } from '../../app/catalog';
import { AppError, ReportedError } from '../../app/errors';
import { keyOf, nameOf } from '../../app/race';
import type { GpuTask, HostCall, TaskId } from '../../host/protocol';
import { exampleCard, exampleEntry, exampleIdentity } from '../example.fixture';
import type { Host } from '../hosts/host';
import { prepareModel, type RowPhase } from './prepare';

const candidate = (profile: string, target: Target, cudaGraph: boolean): GpuTask => ({
  card: exampleCard('photo'),
  entry: { ...exampleEntry('photo'), profile, target, engineSha256: `${profile} ${target}` },
  profile: { id: profile, width: 32, height: 32, vramBytes: 1000 },
  cudaGraph,
  gpu: 0,
  identity: exampleIdentity,
  engineFile: '',
  onnxFile: '',
  preparedDir: '',
  cacheDir: '',
  addon: '',
  libraries: '',
});
const nameOfTask = (task: GpuTask): string => nameOf(keyOf(task));
const all = (['tile64', 'tile32'] as const).flatMap((profile) =>
  (['ada', 'portable'] as const).flatMap((target) => [false, true].map((graph) => candidate(profile, target, graph))),
);
const first = all.slice(0, 2);

/** @param speeds by name; all others 1. @param answer what a call does instead, undefined: as usual. */
function hostWith(speeds: Record<string, number>, answer: (call: HostCall, name: string) => unknown = () => undefined) {
  const calls: string[] = [];
  const usual = (call: HostCall, id: TaskId): unknown => {
    if (call === 'time') {
      const usefulPerSecond = speeds[nameOf(id)] ?? 1;
      return { kind: 'timed', latencyMs: 1, tilesPerSecond: 1, usefulPerSecond };
    }
    if (call === 'refit') return { weights: 7, weightBytes: 70, planBytes: id.target === 'ada' ? 100 : 200 };
    return call === 'verify' ? {} : null;
  };
  const host = {
    call: async (call: HostCall, id: TaskId) => {
      calls.push(`${call} ${nameOf(id)}`);
      return (await answer(call, nameOf(id))) ?? usual(call, id);
    },
  } as unknown as Host;
  return { host, calls };
}

const run = (host: Host, candidates = all, budgetMs = 60_000, show: (phase: RowPhase) => void = () => {}) =>
  prepareModel(host, candidates, { show, budgetMs });
const fail = (code: 'PLAN_WRONG' | 'REFIT_FAILED') => {
  throw new ReportedError(new AppError(code, { model: 'Photo' }, 'off by 99').toReport());
};
const died = () => {
  throw new AppError('HOST_DIED', {});
};

test('keeps the fastest candidate, with the race that it won', async () => {
  const { host, calls } = hostWith({ 'tile32 portable graph': 9, 'tile64 ada': 5 });
  const prepared = await run(host);
  expect(nameOfTask(prepared.winner)).toBe('tile32 portable graph');
  expect(calls.at(-1)).toBe('keep tile32 portable graph');
  expect(prepared.race.rows.map(({ result }) => result.kind)).toEqual(Array(8).fill('timed'));
  expect(prepared).toMatchObject({
    weightBytes: 70,
    planBytes: 200,
    race: { winner: { profile: 'tile32', cudaGraph: true } },
  });
});

test('refits once for graph on and off', async () => {
  const { host, calls } = hostWith({});
  await run(host);
  expect(calls.filter((call) => call.startsWith('refit'))).toEqual([
    'refit tile64 ada',
    'refit tile64 portable',
    'refit tile32 ada',
    'refit tile32 portable',
  ]);
});

test('stays with the first candidate where the others are only as fast', async () => {
  const { host } = hostWith({});
  expect(nameOfTask((await run(host)).winner)).toBe('tile64 ada');
});

test('puts a candidate with a wrong picture out with its reason, however fast it is', async () => {
  const { host, calls } = hostWith({ 'tile64 ada graph': 99 }, (call, name) =>
    call === 'check' && name === 'tile64 ada graph' ? fail('PLAN_WRONG') : undefined,
  );
  const { winner, race } = await run(host);
  expect(nameOfTask(winner)).toBe('tile64 ada');
  expect(race.rows[1]?.result).toMatchObject({ kind: 'out', reason: expect.stringContaining('off by 99') });
  expect(calls).not.toContain('time tile64 ada graph');
});

test('does not refit again for the second candidate of an engine that could not be refitted', async () => {
  const { host, calls } = hostWith({}, (call, name) =>
    call === 'refit' && name === 'tile64 ada' ? fail('REFIT_FAILED') : undefined,
  );
  const { winner, race } = await run(host);
  expect(nameOfTask(winner)).toBe('tile64 portable');
  expect(race.rows.slice(0, 2).map(({ result }) => result.kind)).toEqual(['out', 'out']);
  expect(calls.filter((call) => call.includes('tile64 ada'))).toEqual(['verify tile64 ada', 'refit tile64 ada']);
});

test('fails with the first candidate’s reason where none came out well', async () => {
  const { host } = hostWith({}, (call) => (call === 'check' ? fail('PLAN_WRONG') : undefined));
  await expect(run(host)).rejects.toMatchObject({ report: { code: 'PLAN_WRONG' } });
});

test('begins no further engine once the time is up, and says so of each', async () => {
  const { host, calls } = hostWith({});
  const { race } = await run(host, all, -1);
  expect(calls.filter((call) => call.startsWith('refit'))).toEqual(['refit tile64 ada']);
  expect(race.rows.map(({ result }) => result.kind)).toEqual(['timed', 'timed', ...Array(6).fill('skipped')]);
});

test('goes on past the time while nothing has come out well', async () => {
  const { host } = hostWith({}, (call, name) =>
    call === 'check' && name.startsWith('tile64') ? fail('PLAN_WRONG') : undefined,
  );
  expect(nameOfTask((await run(host, all, -1)).winner)).toBe('tile32 ada');
});

test('starts again where the host died, and puts out the candidate that it died of twice', async () => {
  let deaths = 0;
  const { host } = hostWith({ 'tile64 ada': 9 }, (call, name) => {
    if (call !== 'check' || name !== 'tile64 ada graph') return undefined;
    deaths += 1;
    return died();
  });
  const { winner, race } = await run(host, first);
  expect([deaths, nameOfTask(winner)]).toEqual([2, 'tile64 ada']);
  expect(race.rows.map(({ result }) => result.kind)).toEqual(['timed', 'out']);
});

test('says of what is tried again that it is', async () => {
  const seen: string[] = [];
  let tries = 0;
  const { host } = hostWith({}, (call) => (call === 'check' && ++tries === 1 ? died() : undefined));
  await run(host, first, 60_000, ({ phase, again }) => seen.push(`${phase}${again ? ' again' : ''}`));
  expect(seen.slice(0, 4)).toEqual(['verifying', 'refitting', 'checking', 'verifying again']);
  expect(seen.at(-1)).toBe('saving again');
});

test('starts again where the host died while it kept the winner', async () => {
  let tries = 0;
  const { host } = hostWith({}, (call) => (call === 'keep' && ++tries === 1 ? died() : undefined));
  expect((await run(host, first)).notKept).toBeUndefined();
  expect(tries).toBe(2);
});

test('fails with the death where the host dies of the only candidate each time', async () => {
  const { host, calls } = hostWith({}, (call) => (call === 'check' ? died() : undefined));
  await expect(run(host, first.slice(0, 1))).rejects.toMatchObject({ report: { code: 'HOST_DIED' } });
  expect(calls.filter((call) => call.startsWith('check'))).toHaveLength(2);
});

test('takes the first good candidate untimed where no more is asked', async () => {
  const seen: string[] = [];
  const { host, calls } = hostWith({ 'tile64 portable': 9 }, (call, name) =>
    call === 'check' && name.startsWith('tile64 ada') ? fail('PLAN_WRONG') : undefined,
  );
  const show = ({ phase, race }: RowPhase) => seen.push(`${phase}${race ? ' race' : ''}`);
  const { winner, race } = await prepareModel(host, all, { take: 'first', show });
  expect(nameOfTask(winner)).toBe('tile64 portable');
  expect(race.rows.map(({ result }) => result.kind)).toEqual(['out', 'out', 'skipped']);
  expect(calls.filter((call) => call.startsWith('time'))).toEqual([]);
  expect([seen.at(-1), seen.some((phase) => phase.endsWith('race'))]).toEqual(['saving', false]);
});

test('gives up with the host', async () => {
  const { host, calls } = hostWith({}, (call) => {
    if (call === 'verify') throw new AppError('HOST_GAVE_UP', {});
  });
  await expect(run(host)).rejects.toMatchObject({ code: 'HOST_GAVE_UP' });
  expect(calls).toHaveLength(1);
});

test('tells where each candidate stands', async () => {
  const seen: string[] = [];
  const { host } = hostWith({});
  await run(host, first, 60_000, (phase) => seen.push(`${phase.phase} ${phase.race?.done}/${phase.race?.total}`));
  expect(seen).toEqual([
    'verifying 0/2',
    'refitting 0/2',
    'checking 0/2',
    'timing 0/2',
    'checking 1/2',
    'timing 1/2',
    'saving 1/2',
  ]);
});

test('begins again after a fault of the GPU, which ends the host as well', async () => {
  let faults = 0;
  const { host } = hostWith({}, (call) => {
    if (call === 'check' && ++faults === 1)
      throw new ReportedError(new AppError('GPU_FAULT', { model: 'Photo' }).toReport());
  });
  const { race } = await run(host, first);
  expect(race.rows.map(({ result }) => result.kind)).toEqual(['timed', 'timed']);
  expect(faults).toBe(3);
});
