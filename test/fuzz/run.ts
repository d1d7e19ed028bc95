/** Runs a target in watched processes: one that dies, hangs or takes too much memory is counted, and another one goes on. */
import { fork } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { peakBytesOf } from './peak';
import { type Pulse, readPulse } from './pulse';
import { limitMsOf, maxBytesOf, type Target } from './target';

const root = path.resolve(import.meta.dirname, '..', '..');
export const resultsDir = path.join(root, 'test-results');
const keepDir = path.join(resultsDir, 'fuzz');

const Said = z.object({ faults: z.array(z.object({ input: z.int(), message: z.string() })) });

export const Tally = z.object({
  name: z.string(),
  seed: z.string(),
  inputs: z.int(),
  refused: z.int(),
  taken: z.int(),
  /** Processes that ended, hung or held too much, of a target that may: the engine host's, which main outlives. */
  hostDeaths: z.int(),
  /** Inputs that did the same to any other target, or made it throw: these would hit main. */
  survivors: z.array(
    z.object({ input: z.int(), kind: z.enum(['exit', 'hang', 'memory', 'fault']), message: z.string() }),
  ),
  peakBytes: z.number(),
  elapsedMs: z.number(),
});
export type Tally = z.infer<typeof Tally>;

/** How long a worker may take to open its target. */
const openMs = 60_000;
/** A run ends after it has found this many. */
const enough = 25;

/** @param worker built from worker.ts, once for all targets. */
export async function run(worker: string, target: Target, seed: string, inputs: number): Promise<Tally> {
  const startedAt = performance.now();
  const tally: Tally = {
    name: target.name,
    seed,
    inputs: 0,
    refused: 0,
    taken: 0,
    hostDeaths: 0,
    survivors: [],
    peakBytes: 0,
    elapsedMs: 0,
  };
  const deadline = Date.now() + (target.budgetMs ?? Number.POSITIVE_INFINITY);
  const folder = await mkdtemp(path.join(tmpdir(), 'refit-fuzz-pulse-'));
  try {
    let next = 0;
    while (next < inputs && tally.survivors.length < enough && Date.now() < deadline) {
      const { pulse, end, faults } = await once(
        worker,
        target,
        seed,
        next,
        inputs,
        path.join(folder, 'pulse'),
        deadline,
      );
      tally.refused += pulse.refused;
      tally.taken += pulse.taken;
      tally.peakBytes = Math.max(tally.peakBytes, pulse.bytes);
      for (const { input, message } of faults) tally.survivors.push({ input, kind: 'fault', message });
      next = pulse.input;
      if (end.kind === 'done') {
        // It stopped by itself where it had found enough, or its time was over.
        if (pulse.input < inputs) break;
        continue;
      }
      next += 1;
      if (target.mayDie) tally.hostDeaths += 1;
      else tally.survivors.push({ input: pulse.input, ...end });
      await once(worker, target, seed, pulse.input, pulse.input - 1, path.join(folder, 'pulse'), deadline);
    }
    tally.inputs = Math.min(next, inputs);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  tally.elapsedMs = performance.now() - startedAt;
  return tally;
}

type End = { kind: 'done'; message: string } | { kind: 'exit' | 'hang' | 'memory'; message: string };

/** One process, from its first input to its end. */
async function once(
  worker: string,
  target: Target,
  seed: string,
  first: number,
  to: number,
  pulseFile: string,
  deadline: number,
): Promise<{ pulse: Pulse; end: End; faults: { input: number; message: string }[] }> {
  await rm(pulseFile, { force: true });
  const child = fork(worker, [target.name, seed, `${first}`, `${to}`, pulseFile, keepDir, `${deadline}`], {
    cwd: root,
    execArgv: ['--max-old-space-size=512'],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let faults: { input: number; message: string }[] = [];
  child.on('message', (message) => {
    faults = Said.parse(message).faults;
  });
  let said = '';
  child.stderr?.on('data', (text: Buffer) => {
    said = (said + text.toString()).slice(-2000);
  });
  let killedFor: 'hang' | 'memory' | undefined;
  const kill = (why: 'hang' | 'memory'): void => {
    killedFor = why;
    child.kill('SIGKILL');
  };
  let last = -1;
  let since = performance.now();
  const watch = setInterval(async () => {
    const pulse = readPulse(await readFile(pulseFile).catch(() => new Uint8Array()));
    const input = pulse?.input ?? -1;
    if (input !== last) since = performance.now();
    last = input;
    if (performance.now() - since > (pulse ? limitMsOf(target) : openMs)) kill('hang');
    // One that takes more and more within an input does not come to say so itself.
    else if (pulse && child.pid && (peakBytesOf(child.pid) ?? 0) > maxBytesOf(target)) kill('memory');
  }, 250);
  const why = await new Promise<string | null>((resolve) =>
    child.once('exit', (code, signal) => resolve(code === 0 ? null : (signal ?? `exit code ${code}`))),
  );
  clearInterval(watch);
  const pulse = readPulse(await readFile(pulseFile).catch(() => new Uint8Array()));
  if (!pulse) throw new Error(`${target.name} did not open: ${why} ${said}`);
  const end: End =
    pulse.bytes > maxBytesOf(target)
      ? { kind: 'memory', message: `${Math.round(pulse.bytes / 2 ** 20)} MB` }
      : why === null
        ? { kind: 'done', message: '' }
        : { kind: killedFor ?? 'exit', message: `${why} ${said}` };
  return { pulse, end, faults };
}
