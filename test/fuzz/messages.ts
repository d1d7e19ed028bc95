/** Messages to main from a window or a host that was taken over. */
import type { ModelCard } from '../../app/catalog';
import { type Arguments, type ChangedEvent, type Channel, commands } from '../../app/contract';
import { AppError } from '../../app/errors';
import { noMetadata } from '../../app/metadata.fixture';
import type { Preference } from '../../app/preference';
import { HostMessages } from '../../host/messages';
import type { HostCall, ToHost } from '../../host/protocol';
import { exampleCard, exampleMachine, exampleRace } from '../../main/example.fixture';
import { Host, type HostChild } from '../../main/hosts/host';
import { createDevices } from '../../main/jobs/devices';
import { createJobs } from '../../main/jobs/jobs';
import { paths } from '../../main/paths';
import { PictureFile } from '../../main/pictures/pictureFile';
import { createShown } from '../../main/pictures/shown';
import { createSetup } from '../../main/setup/setup';
import { noWebgpu } from '../../main/setup/webgpu';
import { createStore } from '../../main/store';
import { createAnswerer, type Handlers } from '../../main/window/answer';
import { mutateValue } from './mutate';
import type { Random } from './random';
import type { Target, Verdict } from './target';

const whole = { flow: { kind: 'whole', fit: 'stretch' } } as const satisfies Partial<ModelCard>;
const cards = [
  exampleCard('photo'),
  exampleCard('text', whole),
  exampleCard('text-lines', { ...whole, partOf: 'text' }),
];
const part = { width: 8, height: 4, rgb: new Uint8Array(8 * 4 * 3) };
/** Size of the open picture; its result is twice as large. */
const size = { width: 8, height: 4 };
const metadata = {
  ...noMetadata,
  texts: [{ kind: 'tEXt', keyword: 'Title', bytes: new Uint8Array(3) }],
  exif: new Uint8Array(9),
  density: { x: 300, y: 300, unit: 'inch' },
} as const;
const created = {
  name: 'cat.png',
  ...size,
  alpha: true,
  displayP3: false,
  notes: [{ code: 'BIT_DEPTH', bits: 16 }],
  metadata,
};
const rows = { y: 0, rgb: new Uint8Array(8 * 4 * 3), alpha: new Uint8Array(8 * 4) };
const point = { x: 1, y: 1 };
const regions = [{ text: 'a', confidence: 1, corners: [point, point, point, point] }];
const changes = [
  { kind: 'hide', boxes: [{ x: 1, y: 1, width: 4, height: 4 }], style: 'blur', strength: 'light' },
  {
    kind: 'cut',
    base: 'all',
    ground: { kind: 'transparent' },
    strokes: [{ keep: false, radius: 3, points: [1, 1, 5, 4] }],
  },
];
const answers = [
  { kind: 'same' },
  { kind: 'alpha', ...size, bytes: new Uint8Array(32) },
  { kind: 'hide', boxes: [{ x: 1, y: 1, width: 2, height: 2 }], style: 'pixelate', strength: 'medium' },
  { kind: 'picture', ...size, bytes: new Uint8Array(96) },
  { kind: 'text', regions },
];
const outputs = [{ name: 'text', dtype: 'uint8', shape: [2, 3], bytes: new Uint8Array(6) }];

/** A host that answers honestly until the trial has it say something else. */
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

const callsWithoutValue = new Set<HostCall>([
  'sweep',
  'keep',
  'release',
  'openCpu',
  'cancel',
  'carry',
  'apply',
  'forget',
]);

function honest({ id, call, args }: ToHost, puppet: Puppet): void {
  if (id === 0) return;
  const result = (value: unknown): void => puppet.say({ kind: 'result', id, value });
  if (callsWithoutValue.has(call)) result(null);
  else if (call === 'warm') result({ freeBytes: 1e9 });
  else if (call === 'inferPart') result(outputs);
  else if (call === 'view') result({ bytes: new Uint8Array(args.width * args.height * (args.alpha ? 4 : 3)) });
  else if (call === 'cut') result({ bytes: new Uint8Array(args.width * args.height * 4) });
  else if (call === 'encode') result({ bytes: 9 });
  else result({ kind: 'done' });
}

/** Stands for picture files without a disk, and counts them: main must hold no more than it shows. */
class Held {
  open = 0;
  private nextFile = 0;
  make = async (shape: { width: number; height: number; channels: 1 | 3 }): Promise<PictureFile> => {
    this.open += 1;
    let isClosed = false;
    return {
      facts: { file: `/nowhere/${this.nextFile++}`, ...shape },
      writeRows: async (y: number, bytes: Uint8Array) => {
        if (isClosed) throw new Error('a closed picture was written');
        if (y * shape.width * shape.channels + bytes.byteLength > shape.width * shape.height * shape.channels)
          throw new Error('rows outside of the picture were written');
      },
      close: async () => {
        if (isClosed) throw new Error('a picture was closed twice');
        isClosed = true;
        this.open -= 1;
      },
    } as unknown as PictureFile;
  };
}

/** Main's pictures and jobs over the trial's own hosts, without window and Electron. */
async function mainOver(reply: (asked: ToHost, puppet: Puppet) => void, tellChanged: (changed: ChangedEvent) => void) {
  const store = createStore();
  const listeners = {
    tiles: (tiles: Parameters<typeof jobs.onTiles>[0]) => jobs.onTiles(tiles),
    refitProgress: (progress: Parameters<typeof setup.onRefitProgress>[0]) => setup.onRefitProgress(progress),
    encoded: () => {},
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
  const hosts = { gpu: host(), webgpu: host(), cpu: host() };
  const pictureHost = host();
  const where = paths('/nowhere', true);
  const setup = createSetup({
    store,
    host: hosts.gpu,
    startPreparer: host,
    shipped: { cards, catalog: { version: 1, engines: [] }, notices: [] },
    paths: where,
    cacheDir: '/c',
  });
  const held = new Held();
  PictureFile.create = held.make;
  const places = { memory: null, disk: { folder: '/nowhere', freeBytes: async () => 1e9 } };
  const shown = createShown(store, pictureHost, places, async ({ file }) =>
    pictureHost.tell('forget', { files: [file] }),
  );
  const webgpu = noWebgpu;
  const devices = createDevices({ store, setup, webgpu, hosts, shipped: { cards } });
  const jobs = createJobs({ store, devices, webgpu, hosts, shipped: { cards }, shown, pictureHost, tellChanged });
  store.emit({ kind: 'ready', device: { kind: 'cpu', reason: new AppError('DRIVER_MISSING', {}).toReport() } });
  const openPicture = async (): Promise<number> => {
    const { id } = await shown.create(commands['picture:create'].parse(created));
    await shown.rows({ id, ...rows });
    await shown.carry({ id, transparent: true });
    shown.ready({ id, transparent: true });
    return id;
  };
  return { store, setup, jobs, shown, pictureHost, held, openPicture, puppets };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

const hash = 'a'.repeat(64);
const goodArguments: Record<Channel, unknown> = {
  'state:get': undefined,
  'models:list': undefined,
  'weights:list': { model: 'photo' },
  'weights:install': undefined,
  'weights:choose': { model: 'photo', version: hash },
  'weights:compare': {
    model: 'photo',
    versions: [hash, 'b'.repeat(64)],
    picture: 1,
    note: { code: 'COMPARED', left: null, right: 'b' },
  },
  'weights:compared': { jobId: 1, answers: [answers[1], answers[2]] },
  'setup:prepare': undefined,
  'setup:continue': undefined,
  'setup:retry': undefined,
  'device:choose': { gpu: null, upTo: 'cpu' },
  'tool:choose': { model: 'photo' },
  'job:start': { model: 'photo', picture: 1, format: 'png' },
  'job:expect': { model: 'photo', picture: 1 },
  'job:parts': { jobId: 1, model: 'text-lines', done: 0, total: 2, pictures: [part, part] },
  'job:finish': { jobId: 1, answer: answers[1], note: { code: 'FACES', found: 1, smallest: 16 } },
  'answer:change': { jobId: 1, answer: changes[0] },
  'job:cancel': undefined,
  'picture:create': created,
  'picture:rows': { id: 1, ...rows },
  'picture:ready': { id: 1, transparent: true },
  view: { layer: 'original', id: 1, region: { x: 0, y: 0, ...size }, width: 4, height: 2 },
  'picture:cut': {
    id: 1,
    rectangle: { centre: point, along: { x: 1, y: 0 }, length: 4, breadth: 2 },
    width: 4,
    height: 2,
  },
  'picture:sample': { model: 'photo' },
  'picture:save': {
    suggestedName: 'cat.png',
    format: 'png',
    quality: 90,
    width: 16,
    height: 8,
    keepMetadata: true,
    keepPlace: false,
  },
  'picture:cancelSave': undefined,
  'text:save': { suggestedName: 'cat', format: 'txt', text: 'hello' },
  'text:copy': { text: 'hello' },
  'picture:showInFolder': undefined,
  'result:use': undefined,
  'queue:get': undefined,
  'queue:choose': { what: 'folder', before: null },
  'queue:drop': { paths: ['/home/ada/cat.png'], before: 1 },
  'queue:start': undefined,
  'queue:pause': undefined,
  'queue:remove': [1, 2],
  'queue:retry': [1],
  'queue:skip': [1],
  'queue:move': { ids: [2], before: 1 },
  'queue:steps': { ids: [1], steps: [{ model: 'photo' }] },
  'queue:set': {
    recipe: {
      steps: [{ model: 'photo' }],
      format: 'webp',
      quality: 90,
      size: { kind: 'times', times: 2 },
      keepMetadata: true,
      keepPlace: false,
      text: { format: 'csv', together: true },
    },
    pattern: '{name} {tool}',
    keepFolders: true,
  },
  'queue:keepRecipe': { name: 'shop' },
  'queue:dropRecipe': { name: 'shop' },
  'queue:output': 'choose',
  'given:take': undefined,
  'given:open': undefined,
  'recent:list': undefined,
  'recent:add': { paths: ['/tmp/a.png'] },
  'recent:open': { id: 1 },
  'recent:clear': undefined,
  'queue:looked': undefined,
  'queue:look': 1,
  'queue:thumbnail': 1,
  'queue:showFolder': undefined,
  'app:restart': undefined,
  'app:leave': 'asked',
};

const windowCommands: Target = {
  name: 'commands of the window',
  inputs: 20_000,
  quickInputs: 2000,
  open: async () => {
    const { store, setup, jobs, shown, pictureHost, held, openPicture } = await mainOver(honest, () => {});
    const handlers = {
      ...Object.fromEntries(Object.keys(commands).map((channel) => [channel, () => null])),
      'state:get': () => store.snapshot(),
      'setup:prepare': () => void setup.prepare(),
      'setup:continue': () => void setup.continueSetup(),
      'setup:retry': () => void setup.retry(),
      'device:choose': (wanted: Preference) => setup.chooseDevice(wanted),
      'tool:choose': ({ model }: { model: string }) => setup.chooseTool(model),
      'job:start': jobs.start,
      'job:expect': jobs.expect,
      'job:parts': jobs.parts,
      'job:finish': jobs.finish,
      'answer:change': jobs.change,
      'job:cancel': jobs.cancel,
      'picture:create': shown.create,
      'picture:rows': shown.rows,
      'picture:ready': async (picture: Arguments<'picture:ready'>) => {
        await shown.carry(picture);
        shown.ready(picture);
      },
      view: shown.view,
      'picture:cut': async ({ id, ...wanted }: Arguments<'picture:cut'>) =>
        pictureHost.call('cut', { ...shown.opened(id).layer, ...wanted }),
    } as unknown as Handlers;
    const answer = createAnswerer(
      commands,
      handlers,
      (report) => report,
      () => {},
    );
    const channels = Object.keys(commands) as Channel[];
    let lastId = await openPicture();
    /** Good arguments for what is there now: a window that was taken over knows every id. */
    const goodNow = (channel: Channel, random: Random): unknown => {
      const { job, result } = store.get();
      const good = goodArguments[channel];
      const now = {
        ...('id' in Object(good) && { id: lastId }),
        ...('picture' in Object(good) && { picture: lastId }),
        ...('jobId' in Object(good) && job.kind === 'running' && { jobId: job.id }),
        ...(channel === 'job:start' && { model: random.pick(['photo', 'text']) }),
        ...(channel === 'job:finish' && { answer: random.pick(answers) }),
        ...(channel === 'answer:change' && { answer: random.pick(changes) }),
        ...(channel === 'answer:change' && result && { jobId: result.id }),
        ...(channel === 'view' && result && random.next() < 0.5 && { layer: 'result', id: result.id }),
      };
      return good === undefined ? undefined : { ...(good as object), ...now };
    };
    return {
      try: async (random) => {
        const sendOne = async (): Promise<Verdict> => {
          const channel = random.pick(channels);
          const good = goodNow(channel, random);
          const said = await answer(channel, random.next() < 0.15 ? good : mutateValue(good, random));
          if (said.ok && channel === 'picture:create') lastId = (said.value as { id: number }).id;
          if (said.ok) return 'taken';
          if (said.error.code === 'INTERNAL') throw new Error(`${channel}: ${said.error.detail}`);
          return 'refused';
        };
        // A window that was taken over waits for no answer.
        const verdicts = await Promise.all(Array.from({ length: 1 + random.below(3) }, sendOne));
        // Open, begun, and a result, each with its alpha.
        if (held.open > 6) throw new Error(`${held.open} pictures are held`);
        return verdicts.includes('taken') ? 'taken' : 'refused';
      },
    };
  },
};

const rect = { x: 0, y: 0, width: 16, height: 8 };
const event = (name: string, data: object) => ({ kind: 'event', event: name, data });
const goodEvents = [
  event('tiles', { jobId: 1, done: 1, total: 1, rects: [rect] }),
  event('tiles', {
    jobId: 1,
    done: 1,
    total: 2,
    rects: [
      { ...rect, width: 8 },
      { ...rect, x: 8, width: 8 },
    ],
  }),
  event('encoded', { id: 1, share: 0.5 }),
  event('outputs', { jobId: 1, outputs }),
  event('refitProgress', { model: 'photo', weightsDone: 1, weightsTotal: 2, bytesDone: 1, bytesTotal: 2 }),
];
const failure = { code: 'RUN_FAILED', params: { model: 'm' }, detail: 'd' };

const hostJobs: Target = {
  name: 'jobs of a host that was taken over',
  inputs: 4000,
  quickInputs: 300,
  open: async () => ({
    try: async (random) => {
      let wild = 0;
      const { store, jobs, held, openPicture, puppets } = await mainOver(
        (asked, puppet) => {
          if (asked.call !== 'infer') return honest(asked, puppet);
          const end =
            random.next() < 0.5 ? { kind: 'result', value: { kind: 'done' } } : { kind: 'error', error: failure };
          for (let left = random.below(6); left > 0; left--) puppet.say(mutateValue(random.pick(goodEvents), random));
          puppet.say(random.next() < 0.5 ? { ...end, id: asked.id } : mutateValue({ ...end, id: asked.id }, random));
          puppet.kill();
        },
        ({ rects }) => {
          wild += rects.filter((at) => at.x < 0 || at.y < 0 || at.x + at.width > 16 || at.y + at.height > 8).length;
        },
      );
      await jobs.start({ model: random.next() < 0.7 ? 'photo' : 'text', picture: await openPicture(), format: 'png' });
      for (const until = performance.now() + 4000; store.get().job.kind === 'running' && performance.now() < until; ) {
        await settled();
        const { job } = store.get();
        // A `whole` tool's own code ends its job.
        if (job.kind === 'running' && job.model === 'text' && puppets.some(({ isDead }) => isDead))
          await jobs.finish({ jobId: 1, answer: { kind: 'same' }, note: null });
      }
      if (held.open > 3) throw new Error(`${held.open} pictures are held`);
      if (wild > 0) throw new Error('a part outside of the picture reached the window');
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
  ['inferSheet', [outputs]],
  ['finish', { kind: 'asks', model: 'text', width: 4, height: 8, count: 1 }],
  ...answers.map((answer): [HostCall, unknown] => ['goOn', { kind: 'done', answer, note: null }]),
  ['compare', [outputs, outputs]],
  ['compare', null],
  ['view', { bytes: new Uint8Array(16) }],
  ['cut', { bytes: new Uint8Array(16) }],
  ['apply', null],
  ['encode', { bytes: 9 }],
  ['forget', null],
  ['sweep', null],
  ['detect', { ...exampleMachine, runtime: { kind: 'unknown', reason: 'none' } }],
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
      // Host catches what `parse` throws; it must throw or answer in time and within its memory.
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
