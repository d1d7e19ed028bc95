/** Messages that a window or a host which was taken over sends to main. */
import type { ModelCard } from '../../app/catalog';
import { type Channel, commands, type TileEvent } from '../../app/contract';
import { AppError } from '../../app/errors';
import { createAnswerer, type Handlers } from '../../main/answer';
import { exampleCard, exampleIdentity, exampleRace } from '../../main/example.fixture';
import { Host, type HostChild } from '../../main/host';
import { HostMessages } from '../../main/hostMessages';
import type { HostCall, ToHost } from '../../main/hostProtocol';
import { createJobs } from '../../main/jobs';
import { createOutbox } from '../../main/outbox';
import { paths } from '../../main/paths';
import { createSetup } from '../../main/setup';
import { createStore } from '../../main/store';
import { mutateValue } from './mutate';
import type { Target } from './target';

const whole = { flow: { kind: 'whole', fit: 'stretch' } } as const satisfies Partial<ModelCard>;
const cards = [
  exampleCard('photo'),
  exampleCard('text', whole),
  exampleCard('text-lines', { ...whole, partOf: 'text' }),
];
const picture = { width: 8, height: 4, rgb: new Uint8Array(8 * 4 * 3) };
const outputs = [{ name: 'text', dtype: 'uint8', shape: [2, 3], bytes: new Uint8Array(6) }];

/** A host in the trial's hands: answers honestly until it is told to say something else. */
class Puppet implements HostChild {
  onExit = (listener: (code: number | null) => void): void => {
    this.ended = listener;
  };
  private tell: (message: unknown) => void = () => {};
  private ended: (code: number | null) => void = () => {};
  isDead = false;

  constructor(private readonly reply: (asked: ToHost, puppet: Puppet) => void) {}
  post(message: unknown): void {
    queueMicrotask(() => !this.isDead && this.reply(message as ToHost, this));
  }
  kill(): void {
    if (this.isDead) return;
    this.isDead = true;
    this.ended(null);
  }
  onMessage(listener: (message: unknown) => void): void {
    this.tell = listener;
  }
  say(message: unknown): void {
    if (!this.isDead) this.tell(message);
  }
}

const nothing = new Set<HostCall>(['sweep', 'warm', 'keep', 'release', 'openCpu', 'rows', 'cancel', 'took']);

function honest({ id, call }: ToHost, puppet: Puppet): void {
  if (id === 0) return;
  if (nothing.has(call)) puppet.say({ kind: 'result', id, value: null });
  else if (call === 'inferPart') puppet.say({ kind: 'result', id, value: outputs });
  else puppet.say({ kind: 'result', id, value: { kind: 'done' } });
}

/** Main's part of jobs over hosts of the trial's making, no window and no Electron. */
function mainOver(reply: (asked: ToHost, puppet: Puppet) => void, send: (tile: TileEvent) => void) {
  const store = createStore();
  const outbox = createOutbox(send);
  const listeners = {
    tile: (tile: Parameters<typeof jobs.onTile>[0]) => jobs.onTile(tile),
    refitProgress: (progress: Parameters<typeof setup.onRefitProgress>[0]) => setup.onRefitProgress(progress),
  };
  const puppets: Puppet[] = [];
  const host = () =>
    new Host(
      () => {
        const puppet = new Puppet(reply);
        puppets.push(puppet);
        return puppet;
      },
      listeners,
      () => {},
    );
  const hosts = { gpu: host(), cpu: host() };
  const where = paths('/nowhere', true);
  const setup = createSetup(
    store,
    hosts.gpu,
    { cards, catalog: { version: 1, engines: [] }, notices: [] },
    where,
    '/c',
  );
  const jobs = createJobs(store, setup, hosts, cards, where, outbox.show);
  store.emit({ kind: 'ready', device: { kind: 'cpu', reason: new AppError('DRIVER_MISSING', {}).toReport() } });
  return { store, outbox, setup, jobs, puppets };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

const hash = 'a'.repeat(64);
const goodArguments: Record<Channel, unknown> = {
  'state:get': undefined,
  'models:list': undefined,
  'weights:list': { model: 'photo' },
  'weights:install': undefined,
  'weights:choose': { model: 'photo', version: hash },
  'weights:compare': { model: 'photo', versions: [hash, 'b'.repeat(64)], ...picture },
  'setup:prepare': undefined,
  'setup:continue': undefined,
  'setup:retry': undefined,
  'job:start': { model: 'photo', ...picture },
  'job:parts': { jobId: 1, model: 'text-lines', done: 0, total: 2, pictures: [picture, picture] },
  'job:finish': { jobId: 1 },
  'job:cancel': undefined,
  'tile:shown': undefined,
  'picture:sample': { model: 'photo' },
  'picture:save': { suggestedName: 'cat.png', format: 'png', bytes: new Uint8Array(9) },
  'text:copy': { text: 'hello' },
  'picture:showInFolder': undefined,
  'app:restart': undefined,
};

const windowCommands: Target = {
  name: 'commands of the window',
  inputs: 20_000,
  quickInputs: 2000,
  open: async () => {
    const { store, outbox, setup, jobs } = mainOver(honest, () => {});
    const handlers = {
      ...Object.fromEntries(Object.keys(commands).map((channel) => [channel, () => null])),
      'state:get': () => store.get(),
      'setup:prepare': () => void setup.prepare(),
      'setup:continue': () => void setup.goOn(),
      'setup:retry': () => void setup.retry(),
      'job:start': jobs.start,
      'job:parts': jobs.parts,
      'job:finish': ({ jobId }: { jobId: number }) => jobs.finish(jobId),
      'job:cancel': jobs.cancel,
      'tile:shown': outbox.shown,
    } as unknown as Handlers;
    const answer = createAnswerer(
      handlers,
      (report) => report,
      () => {},
    );
    const channels = Object.keys(commands) as Channel[];
    return {
      try: async (random) => {
        const channel = random.pick(channels);
        const good = random.next() < 0.15;
        const said = await answer(channel, good ? goodArguments[channel] : mutateValue(goodArguments[channel], random));
        if (said.ok) return 'taken';
        if (said.error.code === 'INTERNAL') throw new Error(`${channel}: ${said.error.detail}`);
        return 'refused';
      },
    };
  },
};

const rect = { x: 0, y: 0, width: 16, height: 8 };
const event = (name: string, data: object) => ({ kind: 'event', event: name, data });
const tile = { jobId: 1, done: 1, total: 1, rect };
const goodEvents = [
  event('tile', { ...tile, pixels: { kind: 'bytes', rgb: new Uint8Array(16 * 8 * 3) } }),
  event('tile', { ...tile, pixels: { kind: 'slot', slot: 0 } }),
  event('outputs', { jobId: 1, outputs }),
  event('refitProgress', { model: 'photo', weightsDone: 1, weightsTotal: 2, bytesDone: 1, bytesTotal: 2 }),
];
const failure = { code: 'RUN_FAILED', message: 'm', remedy: 'r', detail: 'd' };

const hostJobs: Target = {
  name: 'jobs of a host that was taken over',
  inputs: 4000,
  quickInputs: 300,
  open: async () => ({
    try: async (random) => {
      let wild = 0;
      const { store, jobs, outbox, puppets } = mainOver(
        (asked, puppet) => {
          if (asked.call !== 'infer') return honest(asked, puppet);
          const end =
            random.next() < 0.5 ? { kind: 'result', value: { kind: 'done' } } : { kind: 'error', error: failure };
          for (let left = random.below(6); left > 0; left--) puppet.say(mutateValue(random.pick(goodEvents), random));
          puppet.say(random.next() < 0.5 ? { ...end, id: asked.id } : mutateValue({ ...end, id: asked.id }, random));
          puppet.kill();
        },
        ({ rect: at, rgb }) => {
          if (at.x + at.width > 16 || at.y + at.height > 8 || rgb.byteLength !== at.width * at.height * 3) wild += 1;
        },
      );
      jobs.start({ model: random.next() < 0.7 ? 'photo' : 'text', ...picture });
      for (const until = performance.now() + 4000; store.get().job.kind === 'running' && performance.now() < until; ) {
        outbox.shown();
        await settled();
        // A tool with parts ends its job itself.
        if (puppets.every(({ isDead }) => isDead)) jobs.finish(1);
      }
      if (wild > 0) throw new Error('a tile outside of the picture reached the window');
      const { kind } = store.get().job;
      if (kind === 'running') throw new Error('a job that never ends');
      return kind === 'done' ? 'taken' : 'refused';
    },
  }),
};

const facts = { deserializeMs: 1, contextMs: 1, vramBytes: 1, kernelsUsed: true };
const timed = { kind: 'timed', latencyMs: 1, tilesPerSecond: 1, usefulPerSecond: 1 };
const goodResults: [HostCall, unknown][] = [
  ['lookUp', { kind: 'hit', race: exampleRace }],
  ['verify', { engineBytes: 1, onnxBytes: 1 }],
  ['check', { passed: true, maxAbsError: 0, detail: '', ...facts }],
  ['openGpu', facts],
  ['time', timed],
  ['inferPart', outputs],
  ['compare', [outputs, outputs]],
  ['sweep', null],
  [
    'detect',
    {
      driver: { kind: 'known', value: { version: '580.1', cudaVersion: 13000 } },
      gpus: {
        kind: 'known',
        value: [
          {
            index: 0,
            name: 'RTX',
            uuid: exampleIdentity.gpuUuid,
            computeCapability: { major: 8, minor: 9 },
            vramBytes: 1,
          },
        ],
      },
      runtime: { kind: 'unknown', reason: 'none' },
      parser: { kind: 'known', value: 'p.so' },
    },
  ],
];

const hostMessages: Target = {
  name: 'messages of a host that was taken over',
  inputs: 16_000,
  quickInputs: 1500,
  open: async () => ({
    try: (random) => {
      const [call, value] = random.pick(goodResults);
      const good = random.pick([
        { kind: 'result', id: 1, value },
        { kind: 'error', id: 1, error: failure },
        ...goodEvents,
      ]);
      const message = mutateValue(good, random);
      // Host catches whatever `parse` throws: what counts is that it throws or answers, in time and in its memory.
      try {
        new HostMessages().parse(message, () => call);
        return 'taken';
      } catch {
        return 'refused';
      }
    },
  }),
};

export const messageTargets: Target[] = [windowCommands, hostJobs, hostMessages];
