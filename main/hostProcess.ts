/**
 * The engine host: the only process that loads native code. A CUDA fault is sticky and a refit cannot be cancelled; ending
 * a process cures both, and the window outlives it. Runs as an Electron utilityProcess and, for bench, the GPU tests and
 * tools, as a plain Node child: both give it one port.
 */
import { AppError, toReport } from '../app/errors';
import type { Picture } from '../app/tiles';
import { sweep } from './cache';
import { gateOf } from './gate';
import { HostJob } from './hostJob';
import type { FromHost, HostCall, HostCalls, HostEvents, ToHost } from './hostProtocol';
import { inferWhole } from './infer';
import { Kept } from './kept';
import type { ModelSession } from './session';
import { Beat, beatMs } from './watchdog';
import { Workbench } from './workbench';

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
const gate = gateOf(process.argv[2]);

let running: HostJob | undefined;

/** A little longer than main's, whose next job then finds it here. */
const kept = new Kept(30_000);

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
  compare: (task) => bench.compare(task),
  release: async ({ model }) => {
    await bench.release(model);
    return null;
  },
  infer,
  inferPart: ({ device, model, ...picture }) => inferOutputs(bench.session(device, model), picture),
  rows: async (told) => {
    if (running?.id === told.jobId) running.rows(told);
    return null;
  },
  cancel: async ({ jobId }) => {
    if (running?.id === jobId) running.cancel();
    return null;
  },
  took: async ({ jobId, slot }) => {
    if (running?.id === jobId) running.took(slot);
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

async function infer(asked: HostCalls['infer']['args']): Promise<HostCalls['infer']['result']> {
  if (running) throw new AppError('BUSY', {});
  const job = new HostJob(asked, (tile) => emit('tile', tile), kept);
  running = job;
  try {
    const session = bench.session(asked.device, asked.model);
    if (session.card.flow.kind === 'tiles') return await job.runTiles(session);
    const outputs = await inferOutputs(session, job.picture);
    if (job.cancelled) return { kind: 'cancelled' };
    emit('outputs', { jobId: job.id, outputs });
    return { kind: 'done' };
  } finally {
    running = undefined;
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
