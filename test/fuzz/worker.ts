/**
 * Tries inputs of one target, in a process of its own, built by `buildEntry`: `worker.js <target> <seed> <first> <end> <pulse file>`,
 * then the folder for kept inputs and, in milliseconds since 1970, the time after which none is begun. The pulse file says where it is,
 * so that run.ts knows the input over which it died or hangs.
 */
import { mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { gpuTargets } from './gpu';
import { peakBytes } from './peak';
import { pulseFields } from './pulse';
import { Random } from './random';
import { maxBytesOf, slugOf, type Target, type Trial, type Verdict } from './target';
import { targets } from './targets';

const [name, seed = '', first = '0', end = '0', pulseFile = '', keepDir = '', deadline = ''] = process.argv.slice(2);
const target = [...targets, ...gpuTargets].find((each) => each.name === name);
if (!target) throw new Error(`No such target: ${name}`);
const [from, to] = [Number(first), Number(end)];

const pulse = new Float64Array(pulseFields);
const pulseFd = openSync(pulseFile, 'w');
/** In place: [input, refused, taken, most bytes held so far]. */
function beat(input: number): void {
  pulse[0] = input;
  writeSync(pulseFd, pulse, 0, pulse.byteLength, 0);
}

let current = from;
const faults: { input: number; message: string }[] = [];
function fault(error: unknown): void {
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  faults.push({ input: current, message: message.slice(0, 2000) });
}
// In main either would be the end of the app.
process.on('uncaughtException', fault);
process.on('unhandledRejection', fault);

const randomOf = (input: number): Random => new Random(name ?? '', seed, input);

function keep(trial: Trial, input: number): void {
  const bytes = trial.make?.(randomOf(input));
  if (!bytes) return;
  mkdirSync(keepDir, { recursive: true });
  writeFileSync(path.join(keepDir, `${slugOf({ name: name ?? '' })}-${seed}-${input}.bin`), bytes);
}

// In a function, since it runs as CommonJS.
tryInputs(target).catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});

async function tryInputs(chosen: Target): Promise<void> {
  const trial = await chosen.open();
  beat(from);
  // `end` before `first`: only kept, not tried.
  if (to < from) keep(trial, from);
  else {
    for (; current < to && Date.now() < Number(deadline); current++) {
      beat(current);
      let verdict: Verdict | undefined;
      try {
        verdict = await trial.try(randomOf(current));
      } catch (error) {
        fault(error);
        keep(trial, current);
      }
      pulse[3] = peakBytes();
      // Ends at the input that took it; run.ts counts it, and goes on with the next in another process.
      if (pulse[3] > maxBytesOf(chosen)) break;
      if (verdict === 'refused') pulse[1] = (pulse[1] ?? 0) + 1;
      if (verdict === 'taken') pulse[2] = (pulse[2] ?? 0) + 1;
      if (faults.length > 50) break;
    }
    beat(current);
  }
  await trial.close?.();
  await new Promise((sent) => process.send?.({ faults }, undefined, undefined, sent));
  process.exit(0);
}
