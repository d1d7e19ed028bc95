/**
 * Tries bad inputs in great numbers: `npm run fuzz`. Options: `--inputs 100000` in all, `--seed 1`, `--only <part of a name>`,
 * `--report` prints what the last run found, and what the last fault injections did. Exits with 1 where it found a fault.
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { buildEntry } from '../../main/build.fixture';
import { faultReport } from '../faults/tally';
import { resultsDir, run, Tally } from './run';
import { targets } from './targets';

const reportFile = path.join(resultsDir, 'fuzz.json');

const { values } = parseArgs({
  options: {
    inputs: { type: 'string' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    report: { type: 'boolean', default: false },
  },
});

if (values.report) await report();
else tell(await runAll());

function tell(tallies: Tally[]): void {
  print(tallies);
  if (tallies.some(({ survivors }) => survivors.length > 0)) process.exitCode = 1;
}

async function report(): Promise<void> {
  const text = await readFile(reportFile, 'utf8').catch(() => '');
  if (text) tell(z.array(Tally).parse(JSON.parse(text)));
  else {
    console.error('✗ No inputs tried yet: `npm run fuzz` does.');
    process.exitCode = 2;
  }
  const faults = await faultReport(resultsDir);
  console.log(`\n${faults.lines.join('\n')}`);
  if (faults.survivors > 0) process.exitCode = 1;
}

async function runAll(): Promise<Tally[]> {
  const chosen = targets.filter(({ name }) => name.toLowerCase().includes(values.only.toLowerCase()));
  if (chosen.length === 0)
    throw new Error(`No target is called "${values.only}". There are: ${targets.map(({ name }) => name).join('; ')}.`);
  const usual = chosen.reduce((sum, { inputs }) => sum + inputs, 0);
  const wanted = Number(values.inputs ?? usual);
  if (!(wanted > 0)) throw new Error(`--inputs is a number of inputs, not "${values.inputs}".`);
  const share = wanted / usual;
  const found: Tally[] = [];
  const worker = await buildEntry('test/fuzz/worker', `fuzz-${process.pid}`);
  for (const target of chosen) {
    const tally = await run(worker, target, values.seed, Math.max(1, Math.round(target.inputs * share)));
    console.log(line(tally));
    for (const { kind, input, message } of tally.survivors) console.log(`    ${kind} at ${input}: ${message}`);
    found.push(tally);
  }
  await rm(path.dirname(worker), { recursive: true, force: true });
  await mkdir(resultsDir, { recursive: true });
  await writeFile(reportFile, `${JSON.stringify(found, null, 2)}\n`);
  console.log('');
  return found;
}

function line({ name, inputs, refused, taken, hostDeaths, survivors, peakBytes, elapsedMs }: Tally): string {
  const numbers = [inputs, refused, taken, hostDeaths, survivors.length].map((n) =>
    n.toLocaleString('en').padStart(11),
  );
  const seconds = (elapsedMs / 1000).toFixed(1).padStart(7);
  return `${name.padEnd(44)}${numbers.join('')}${`${Math.round(peakBytes / 2 ** 20)} MB`.padStart(9)}${seconds} s`;
}

function print(all: Tally[]): void {
  console.log(
    `${''.padEnd(44)}${['inputs', 'refused', 'taken', 'host died', 'survivors'].map((w) => w.padStart(11)).join('')}` +
      `${'memory'.padStart(9)}${'time'.padStart(9)}`,
  );
  for (const tally of all) console.log(line(tally));
  const sum = (of: (tally: Tally) => number): number => all.reduce((total, tally) => total + of(tally), 0);
  const count = (kind: string): number => sum(({ survivors }) => survivors.filter((each) => each.kind === kind).length);
  console.log(
    `\n${sum(({ inputs }) => inputs).toLocaleString('en')} inputs tried. Main: ${count('exit')} exits, ${count('hang')} ` +
      `hangs, ${count('memory')} over memory, ${count('fault')} faults. Deaths of the engine host, outlived: ` +
      `${sum(({ hostDeaths }) => hostDeaths)}.`,
  );
}
