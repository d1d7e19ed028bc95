/**
 * The engine host: the only process that loads native code. A CUDA fault is sticky and a refit cannot be cancelled; ending
 * a process cures both, and the window outlives it. Runs as an Electron utilityProcess and, for bench, the GPU tests and
 * tools, as a plain Node child: both give it one port.
 */
import { AppError, toReport } from '../app/errors';
import type { Picture } from '../app/tiles';
import { loadPixels, type PictureFacts } from '../native/pixels';
import { sweep } from '../storage/cache';
import type { Seal } from '../storage/manifest';
import { gateOf } from './gate';
import { apply } from './pixels/apply';
import { carry } from './pixels/carry';
import { cut } from './pixels/cut';
import { encode } from './pixels/encode';
import { fitted } from './pixels/fit';
import { Maps } from './pixels/layers';
import { PngAhead } from './pixels/pngAhead';
import { view } from './pixels/view';
import type { FromHost, HostCall, HostCalls, HostEvents, ToHost } from './protocol';
import { inferTiles, inferWhole } from './sessions/infer';
import { outputsOf } from './sessions/outputs';
import type { ModelSession } from './sessions/session';
import { Beat, beatMs } from './watchdog';
import { Workbench } from './workbench';

interface Port {
  post(message: FromHost): void;
  onMessage(listener: (message: ToHost) => void): void;
}

/** What Electron gives a utility process to talk by; the types of Electron are main's. */
interface ParentPort {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { data: unknown }) => void): void;
}

function openPort(): Port {
  const parent = (process as unknown as { parentPort?: ParentPort }).parentPort;
  if (parent)
    return {
      post: (message) => parent.postMessage(message),
      onMessage: (listener) => parent.on('message', ({ data }) => listener(data as ToHost)),
    };
  return {
    post: (message) => process.send?.(message),
    onMessage: (listener) => process.on('message', (message) => listener(message as ToHost)),
  };
}

/** What main gives a host at its start, as JSON. */
export interface HostStart {
  /** The addon of picture files. */
  pixels: string;
  /** What is checked before it is used, of an installed app. */
  seal?: Seal;
}

const { pixels: pixelsAddon, seal } = JSON.parse(process.argv[2] ?? '{}') as HostStart;
const port = openPort();
/** Loaded at the first call that needs it, which has waited for the gate. */
let loadedMaps: Maps | undefined;
const maps = (): Maps => {
  loadedMaps ??= new Maps(loadPixels(pixelsAddon));
  return loadedMaps;
};
const bench = new Workbench(maps);
const gate = gateOf(seal);

/** The job at work, and what ends it early. */
let running: { id: number; stop(): void; isStopped: boolean } | undefined;
/** It may come while the job itself waits for its check. Ids only grow. */
let lastCancelled = 0;
const ahead = new PngAhead(() => maps().pixels);
const encoding = new Map<number, AbortController>();

const beat = new Beat(() => port.post({ kind: 'alive' }), beatMs);

const emit = <E extends keyof HostEvents>(event: E, data: HostEvents[E]): void =>
  port.post({ kind: 'event', event, data } as FromHost);

const answers: { [C in HostCall]: (args: HostCalls[C]['args']) => Promise<HostCalls[C]['result']> } = {
  detect: async ({ addon, libraries }) => bench.detect(addon, libraries),
  sweep: async ({ cacheDir }) => {
    await sweep(cacheDir);
    return null;
  },
  lookUp: (task) => bench.lookUp(task),
  warm: (task) => bench.warm(task),
  verify: (task) => bench.verify(task),
  refit: (task) => bench.refit(task, (progress) => emit('refitProgress', { model: task.card.id, ...progress })),
  check: (task) => bench.check(task),
  time: (task) => bench.time(task),
  keep: (task) => bench.keep(task),
  openGpu: (task) => bench.openGpu(task),
  openCpu: (task) => bench.openCpu(task),
  update: (task) => bench.update(task, (progress) => emit('refitProgress', { model: task.card.id, ...progress })),
  compare: (task) => bench.compare(task).finally(() => forget([task.picture.picture, task.picture.alpha])),
  release: async ({ model }) => {
    await bench.release(model);
    return null;
  },
  infer,
  inferPart: ({ device, model, ...picture }) => inferOutputs(bench.session(device, model), picture),
  cancel: async ({ jobId }) => {
    lastCancelled = Math.max(lastCancelled, jobId);
    if (running?.id === jobId) running.stop();
    return null;
  },
  view: async ({ region, width, height, ...layer }) => ({ bytes: await view(maps(), layer, region, width, height) }),
  cut: async ({ rectangle, width, height, ...layer }) => ({
    bytes: await cut(maps(), layer, rectangle, width, height),
  }),
  carry: async (carried) => {
    await carry(maps(), carried);
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
  forget: async ({ file }) => {
    await ahead.forget(file);
    loadedMaps?.forget(file);
    return null;
  },
};

const inferOutputs = async (session: ModelSession, picture: Picture): Promise<HostEvents['outputs']['outputs']> =>
  outputsOf(session.card, await inferWhole(session, picture));

/** What main may close from now on, whose name another file may then get. */
function forget(files: (PictureFacts | null | undefined)[]): void {
  for (const facts of files) if (facts) loadedMaps?.forget(facts.file);
}

async function infer(asked: HostCalls['infer']['args']): Promise<HostCalls['infer']['result']> {
  if (running) throw new AppError('BUSY', {});
  const { jobId, picture, result, finished } = asked;
  if (jobId <= lastCancelled) return { kind: 'cancelled' };
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
    const { width, height } = session;
    const rgb = await fitted(maps(), picture, flow.fit, session);
    const outputs = await inferOutputs(session, { width, height, rgb });
    if (job.isStopped) return { kind: 'cancelled' };
    emit('outputs', { jobId, outputs });
    return { kind: 'done' };
  } finally {
    running = undefined;
    forget([picture.picture, picture.alpha, result]);
  }
}

port.onMessage(({ id, call, args }) => {
  const answer = answers[call] as (args: unknown) => Promise<unknown>;
  const opened = gate({ call, args } as ToHost);
  beat.began();
  // What needs no check is begun at once, in the order of the messages.
  (opened ? opened.then(() => answer(args)) : answer(args))
    .then(
      (value) => port.post({ kind: 'result', id, value }),
      (error: unknown) => port.post({ kind: 'error', id, error: toReport(error) }),
    )
    .finally(() => beat.ended());
});
