/** `refit race`: times every candidate engine of each model on this machine's GPU and shows which wins, and by how much. */
import type { Command } from 'commander';
import { formatCapability } from '../../app/machine';
import { nameOf } from '../../app/race';
import type { Rig } from '../../engines/measure';
import { type RaceResult, raceAll, raceRows } from '../../engines/race';
import { openRig } from '../../engines/rig';

/** No GPU serves here. */
const noGpu = 4;

/** Adds the command. Its exit code is 0 where every model has a winner, 1 where one has none, 4 where no GPU serves. */
export function race(program: Command): void {
  program
    .command('race')
    .description('Times every candidate engine on the GPU of this machine, without the limits of a first start.')
    .option('--model <id>', 'only this model')
    .option('--json', 'print the result as JSON, and nothing else, on stdout')
    .action(async (options: { model?: string; json?: boolean }) => {
      const opened = await openRig().catch((error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        if (options.json) console.log(JSON.stringify({ error: { message, detail: '' } }, null, 2));
        else console.error(`✗ A race needs a GPU. ${message}`);
        process.exitCode = noGpu;
      });
      if (!opened) return;
      const { rig, cards, catalog } = opened;
      const asked = cards.filter(({ id }) => options.model === undefined || options.model === id);
      const results = await raceAll(rig, asked, catalog, (result) => {
        if (!options.json) console.log(`${raceText(result)}\n`);
      });
      if (options.json) console.log(JSON.stringify(raceData(rig, results), null, 2));
      process.exitCode = results.length > 0 && results.every(({ winner }) => winner) ? 0 : 1;
    });
}

/** What `--json` prints. */
export const raceData = ({ gpu, driver, runtime }: Pick<Rig, 'gpu' | 'driver' | 'runtime'>, models: RaceResult[]) => ({
  gpu: gpu.name,
  computeCapability: formatCapability(gpu.computeCapability),
  driver: driver.version,
  runtime,
  models,
});

/** One model's race for a terminal: its candidates, the engines that were none, the winner's gain. */
export function raceText(result: RaceResult): string {
  const { model, expected, winner, gain, refused, failure, elapsedMs } = result;
  const head = ['', 'latency', 'tiles/s', 'useful', ''];
  const rows = [head, ...raceRows(result)];
  const widths = head.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  const line = (row: string[]): string =>
    row.map((cell, i) => (i === 0 || i === 4 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ');
  const end =
    winner && expected
      ? `${nameOf(winner)} wins: ${gain === null ? 'what was expected to win is out' : `${gain.toFixed(2)} × ${nameOf(expected)}`}`
      : `no winner: ${failure ? [failure.message, failure.detail].filter(Boolean).join(' ') : 'no candidate'}`;
  return [
    `${model} (${(elapsedMs / 1000).toFixed(1)} s)`,
    ...(result.rows.length > 0 ? rows.map((row) => `  ${line(row)}`.trimEnd()) : []),
    ...refused.map(({ profile, target, reason }) => `  not raced: ${profile} ${target}. ${reason}`),
    `  ${end}`,
  ].join('\n');
}
