/**
 * The engine host: the only process that loads native code. A CUDA fault is sticky and a refit cannot be cancelled; ending
 * a process cures both, and the window outlives it. Runs as an Electron utilityProcess and, for bench, the GPU tests and
 * tools, as a plain Node child: both give it one port.
 */
import { EventEmitter, once } from 'node:events';
import { AppError, toReport } from '../app/errors';
import type { Picture } from '../app/tiles';
import { sweep } from './cache';
import type { FromHost, HostCall, HostCalls, HostEvents, ToHost } from './hostProtocol';
import { inferTiles, inferWhole } from './infer';
import type { ModelSession } from './session';
import { Workbench } from './workbench';

/** Tiles on their way to main before the device waits. */
const maxUntaken = 4;

interface Port {
  post(message: FromHost): void;
  onMessage(listener: (message: ToHost) => void): void;
}

function openPort(): Port {
  const parent = (process as unknown as { parentPort?: Electron.ParentPort }).parentPort;
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

const port = openPort();
const bench = new Workbench();

interface Running {
  id: number;
  cancelled: boolean;
  untaken: number;
  /** Emits 'change' when a tile was taken or the job was cancelled. */
  signal: EventEmitter;
}
let running: Running | undefined;

const emit = <E extends keyof HostEvents>(event: E, data: HostEvents[E]): void =>
  port.post({ kind: 'event', event, data } as FromHost);

const answers: { [C in HostCall]: (args: HostCalls[C]['args']) => Promise<HostCalls[C]['result']> } = {
  detect: async ({ addon, libraries }) => bench.detect(addon, libraries),
  sweep: async ({ cacheDir }) => {
    await sweep(cacheDir);
    return null;
  },
  lookUp: (task) => bench.lookUp(task),
  verify: (task) => bench.verify(task),
  refit: (task) => bench.refit(task, (progress) => emit('refitProgress', { model: task.card.id, ...progress })),
  check: (task) => bench.check(task),
  keep: (task) => bench.keep(task),
  openGpu: (task) => bench.openGpu(task),
  openCpu: (task) => bench.openCpu(task),
  infer,
  inferPart: ({ device, model, ...picture }) => inferOutputs(bench.session(device, model), picture),
  cancel: async ({ jobId }) => {
    if (running?.id === jobId) {
      running.cancelled = true;
      running.signal.emit('change');
    }
    return null;
  },
  took: async ({ jobId }) => {
    if (running?.id === jobId) {
      running.untaken -= 1;
      running.signal.emit('change');
    }
    return null;
  },
};

async function inferOutputs(session: ModelSession, picture: Picture): Promise<HostEvents['outputs']['outputs']> {
  const tensors = await inferWhole(session, picture);
  return session.card.outputs.map(({ name, dtype }, i) => {
    const { shape, bytes } = tensors[i] ?? { shape: [], bytes: new Uint8Array() };
    return { name, dtype, shape, bytes };
  });
}

async function infer(job: HostCalls['infer']['args']): Promise<HostCalls['infer']['result']> {
  if (running) throw new AppError('BUSY', {});
  const own: Running = { id: job.jobId, cancelled: false, untaken: 0, signal: new EventEmitter() };
  running = own;
  try {
    const session = bench.session(job.device, job.model);
    if (session.card.flow.kind === 'whole') {
      const outputs = await inferOutputs(session, job);
      if (own.cancelled) return { kind: 'cancelled' };
      emit('outputs', { jobId: job.jobId, outputs });
      return { kind: 'done' };
    }
    const finished = await inferTiles(
      session,
      job,
      async (tile) => {
        emit('tile', { jobId: job.jobId, ...tile });
        own.untaken += 1;
        while (own.untaken >= maxUntaken && !own.cancelled) await once(own.signal, 'change');
      },
      () => own.cancelled,
    );
    return { kind: finished ? 'done' : 'cancelled' };
  } finally {
    running = undefined;
  }
}

port.onMessage(({ id, call, args }) => {
  const answer = answers[call] as (args: unknown) => Promise<unknown>;
  answer(args).then(
    (value) => port.post({ kind: 'result', id, value }),
    (error: unknown) => port.post({ kind: 'error', id, error: toReport(error) }),
  );
});
