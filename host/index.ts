/**
 * A host: all of them run this file (GPU, preparing, WebGPU, CPU and picture hosts), and only they load native code. A CUDA fault stays
 * with its process and a refit cannot be cancelled; ending the process cures both, and the window outlives it. In the app a host is an
 * Electron utilityProcess, for tests and tools a plain Node child. Either gives it one port.
 */
import { writeFileSync } from 'node:fs';
import { AppError, toReport } from '../app/errors';
import type { Picture } from '../app/tiles';
import { loadPixels, type PictureFacts } from '../native/pixels';
import { sweep } from '../storage/cache';
import type { Seal } from '../storage/manifest';
import { Configured } from './configured';
import { integrityGuard } from './integrityGuard';
import { apply } from './pixels/apply';
import { carry } from './pixels/carry';
import { cut } from './pixels/cut';
import { encode } from './pixels/encode';
import { Finishes } from './pixels/finish';
import { fitted } from './pixels/fit';
import { fullAlpha } from './pixels/fullAlpha';
import { type Layer, Maps } from './pixels/layers';
import { PngAhead } from './pixels/pngAhead';
import { type PagePort, receive } from './pixels/receive';
import { readSheet, writeAnswer } from './pixels/sheet';
import { view } from './pixels/view';
import type { Answer, FromHost, HostCall, HostCalls, HostEvents, ToHost } from './protocol';
import { inferTiles, inferWhole } from './sessions/infer';
import { outputsOf } from './sessions/outputs';
import type { ModelSession } from './sessions/session';
import { Beat, beatMs } from './watchdog';
import { Workbench } from './workbench';

interface Port {
  post(message: FromHost): void;
  /** @param listener `ports` came with the message. */
  onMessage(listener: (message: ToHost, ports: readonly PagePort[]) => void): void;
}

/** Electron's port of a utility process. Declared here, because hosts do not import Electron. */
interface ParentPort {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { data: unknown; ports: PagePort[] }) => void): void;
}

function openPort(): Port {
  const parent = (process as unknown as { parentPort?: ParentPort }).parentPort;
  if (parent)
    return {
      post: (message) => parent.postMessage(message),
      onMessage: (listener) => parent.on('message', ({ data, ports }) => listener(data as ToHost, ports)),
    };
  return {
    post: (message) => process.send?.(message),
    // Node's children are given no ports.
    onMessage: (listener) => process.on('message', (message) => listener(message as ToHost, [])),
  };
}

/** A host's only argument, as JSON. */
export interface HostStart {
  /** The addon of picture files. */
  pixels: string;
  /** Given in an installed app: its files are checked against this before their use. */
  seal?: Seal;
}

// If memory runs out, Linux ends a host, which main starts again, and not main.
if (process.platform === 'linux')
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000');
  } catch {
    // A sandbox may hide the file; the host works without.
  }

const { pixels: pixelsAddon, seal } = JSON.parse(process.argv[2] ?? '{}') as HostStart;
const port = openPort();
/** Loaded at the first call that needs it, because that call has waited for the integrity guard. */
let loadedMaps: Maps | undefined;
const maps = (): Maps => {
  loadedMaps ??= new Maps(loadPixels(pixelsAddon));
  return loadedMaps;
};
const bench = new Workbench(maps);
const configured = new Configured();
const guard = integrityGuard(seal);

/** The running job, and how to stop it early. */
let running: { id: number; stop(): void; isStopped: boolean } | undefined;
/** A cancel may come while its job still waits for the integrity guard. Ids only grow. */
let lastCancelled = 0;
/** Likewise of a job that is handed over. */
let handedOver = 0;
const ahead = new PngAhead(() => maps().pixels);
const encoding = new Map<number, AbortController>();
const finishes = new Finishes(maps);
/** Pictures that a page sends, and those that main gave up before their call came. */
const receiving = new Map<number, AbortController>();

const beat = new Beat(() => port.post({ kind: 'alive' }), beatMs);

const emit = <E extends keyof HostEvents>(event: E, data: HostEvents[E]): void =>
  port.post({ kind: 'event', event, data } as FromHost);

/** What ends the receiving of a picture: `receive` and `endReceive` share it, whichever comes first. */
function ending(id: number): AbortController {
  const abort = receiving.get(id) ?? new AbortController();
  receiving.set(id, abort);
  return abort;
}

type Answers = {
  [C in HostCall]: (args: HostCalls[C]['args'], ports: readonly PagePort[]) => Promise<HostCalls[C]['result']>;
};
const answers: Answers = {
  configure: async (configuration) => {
    configured.configure(configuration);
    return null;
  },
  detect: async () => {
    const { addon, libraries } = configured.engine();
    return bench.detect(addon, libraries, guard.libraries);
  },
  sweep: async () => {
    await sweep(configured.engine().cacheDir);
    return null;
  },
  lookUp: (id) => bench.lookUp(configured.task(id)),
  warm: (id) => bench.warm(configured.task(id)),
  verify: (id) => bench.verify(configured.task(id)),
  refit: (id) =>
    bench.refit(configured.task(id), (progress) => emit('refitProgress', { model: id.model, ...progress })),
  check: (id) => bench.check(configured.task(id)),
  time: (id) => bench.time(configured.task(id)),
  keep: ({ race, ...id }) => bench.keep({ ...configured.task(id), ...(race && { race }) }),
  openGpu: (id) => bench.openGpu(configured.task(id)),
  openCpu: (id) => bench.openCpu(configured.model(id)),
  openWebgpu: (id) => bench.openWebgpu(configured.model(id)),
  timeOnnx: (asked) => bench.timeOnnx(asked),
  update: ({ fromSha256, tensors, ...id }) => {
    const task = configured.task(id);
    const from = { ...task.identity, onnxSha256: fromSha256 };
    return bench.update({ ...task, from, tensors }, (progress) =>
      emit('refitProgress', { model: id.model, ...progress }),
    );
  },
  compare: async ({ versions: [one, other], picture, results }) => {
    try {
      return await bench.compare({ versions: [configured.task(one), configured.task(other)], picture, results });
    } finally {
      forget([picture.picture, picture.alpha]);
    }
  },
  release: async ({ model }) => {
    await bench.release(model);
    return null;
  },
  infer,
  inferPart: ({ device, model, ...picture }) => inferOutputs(bench.session(device, model), picture),
  inferSheet: async ({ device, model, from, count, ...sheet }) => {
    const session = bench.session(device, model);
    const answers: Answer[] = [];
    try {
      for (let at = from; at < from + count; at++) {
        const outputs = await inferOutputs(session, await readSheet(maps(), sheet, at));
        answers.push(await writeAnswer(maps(), sheet, at, outputs));
      }
      return answers;
    } finally {
      forget([sheet.file]);
    }
  },
  inferPicture: async ({ device, model, picture, sheet }) => {
    try {
      const outputs = await wholeOutputs(bench.session(device, model), picture);
      return await writeAnswer(maps(), { file: sheet, length: 1 }, 0, outputs);
    } finally {
      forget([picture.picture, picture.alpha, sheet]);
    }
  },
  cancel: async ({ jobId }) => {
    lastCancelled = Math.max(lastCancelled, jobId);
    if (running?.id === jobId) running.stop();
    return null;
  },
  handOver: async ({ jobId }) => {
    if (running?.id === jobId) running.stop();
    else handedOver = jobId;
    return null;
  },
  view: async ({ region, width, height, ...layer }) => ({ bytes: await view(maps(), layer, region, width, height) }),
  cut: async ({ rectangle, width, height, ...layer }) => ({
    bytes: await cut(maps(), layer, rectangle, width, height),
  }),
  finish: (asked) => finishes.begin(asked),
  goOn: ({ id, outputs }) => finishes.goOn(id, outputs),
  endFinish: async ({ id }) => {
    finishes.end(id);
    return null;
  },
  receive: async ({ id, ...files }, [port]) => {
    if (!port) throw new Error('Expected a port for receive but received none');
    try {
      return await receive(maps(), files, port, ending(id).signal);
    } finally {
      receiving.delete(id);
    }
  },
  endReceive: async ({ id }) => {
    ending(id).abort();
    return null;
  },
  carry: async (carried) => {
    await carry(maps(), carried);
    return null;
  },
  fullAlpha: async (asked) => {
    await fullAlpha(maps(), asked);
    return null;
  },
  apply: async (applied) => {
    await apply(maps(), applied);
    return null;
  },
  encode: async ({ id, task }) => {
    const abort = new AbortController();
    encoding.set(id, abort);
    try {
      return await encode(task, maps().pixels, (share) => emit('encoded', { id, share }), abort.signal, ahead);
    } finally {
      encoding.delete(id);
    }
  },
  encodeAhead: async ({ rows, ...layer }) => {
    await ahead.rowsReady(layer, rows);
    return null;
  },
  cancelEncode: async ({ id }) => {
    encoding.get(id)?.abort();
    return null;
  },
  forget: async ({ files }) => {
    for (const file of files) {
      await ahead.forget(file);
      loadedMaps?.forget(file);
    }
    return null;
  },
};

const inferOutputs = async (session: ModelSession, picture: Picture): Promise<HostEvents['outputs']['outputs']> =>
  outputsOf(session.card, await inferWhole(session, picture));

/** Runs a whole picture, fitted to the network's input. */
async function wholeOutputs(session: ModelSession, picture: Layer): Promise<HostEvents['outputs']['outputs']> {
  const { flow } = session.card;
  if (flow.kind !== 'whole') throw new Error(`Expected a tool of whole pictures but received ${session.card.id}`);
  const { width, height } = session;
  return inferOutputs(session, { width, height, rgb: await fitted(maps(), picture, flow.fit, session) });
}

/** Drops the mappings of files that main may close from now on: another file may get the same name. */
function forget(files: (PictureFacts | null | undefined)[]): void {
  for (const facts of files) if (facts) loadedMaps?.forget(facts.file);
}

async function infer(asked: HostCalls['infer']['args']): Promise<HostCalls['infer']['result']> {
  if (running) throw new AppError('BUSY', {});
  const { jobId, picture, result, finished } = asked;
  const isHandedOver = jobId === handedOver;
  handedOver = 0;
  if (jobId <= lastCancelled || isHandedOver) return { kind: 'cancelled' };
  const session = bench.session(asked.device, asked.model);
  const job = {
    id: jobId,
    isStopped: false,
    stop: () => {
      job.isStopped = true;
      session.stopTiles();
    },
  };
  running = job;
  try {
    const { flow } = session.card;
    if (flow.kind === 'tiles') {
      if (!result) throw new Error('Expected a file for the result but received none');
      const isDone = await inferTiles(session, { source: picture.picture, result, finished }, (told) =>
        emit('tiles', { jobId, ...told }),
      );
      return { kind: isDone ? 'done' : 'cancelled' };
    }
    const outputs = await wholeOutputs(session, picture);
    if (job.isStopped) return { kind: 'cancelled' };
    emit('outputs', { jobId, outputs });
    return { kind: 'done' };
  } finally {
    running = undefined;
    forget([picture.picture, picture.alpha, result]);
  }
}

port.onMessage(({ id, call, args }, ports) => {
  // Async, so that an error thrown at once becomes an answer and does not end the host.
  const answer = async () =>
    (answers[call] as (args: unknown, ports: readonly PagePort[]) => Promise<unknown>)(args, ports);
  const opened = guard.before({ call, args } as ToHost);
  beat.began();
  // Calls that need no check begin at once, in the order of their messages.
  (opened ? opened.then(answer) : answer())
    .then(
      (value) => port.post({ kind: 'result', id, value }),
      (error: unknown) => port.post({ kind: 'error', id, error: toReport(error) }),
    )
    .finally(() => beat.ended());
});
