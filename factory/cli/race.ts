/** `refit race`: times every candidate engine of each model on this machine's GPU and shows which wins, and by how much. */
import { formatCapability } from '../../app/machine';
import { nameOf } from '../../app/race';
import { wordsOf } from '../../words/errors';
import type { Rig } from '../engines/measure';
import { type RaceResult, raceAll, raceRows } from '../engines/race';
import { openRig } from '../engines/rig';
import { action, command, exitCode, type Register } from './command';
import { requireGpu } from './machine';

export const race: Register = (program) => {
  command(program, 'race', "Times every candidate engine on this machine's GPU, without the limits of a first start.")
    .option('--model <id>', 'only this model')
    .action(
      action<{ model?: string }>(async ({ options, screen }) => {
        requireGpu();
        const { rig, cards, catalog } = await openRig();
        const asked = cards.filter(({ id }) => options.model === undefined || options.model === id);
        const results = await raceAll(rig, asked, catalog, ({ model }) => screen.line(`${model}: raced`));
        const isWon = results.length > 0 && results.every(({ winner }) => winner);
        return {
          data: raceData(rig, results),
          text: results.map(raceText).join('\n\n'),
          code: isWon ? exitCode.ok : exitCode.failed,
        };
      }),
    );
};

/** What `--json` prints. */
const raceData = ({ gpu, driver, runtime }: Pick<Rig, 'gpu' | 'driver' | 'runtime'>, models: RaceResult[]) => ({
  gpu: gpu.name,
  computeCapability: formatCapability(gpu.computeCapability),
  driver: driver.version,
  runtime,
  models,
});

/** Formats one model's race for a terminal: candidates, refused engines, the winner's gain. */
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
      : `no winner: ${failure ? [wordsOf(failure).message, failure.detail].filter(Boolean).join(' ') : 'no candidate'}`;
  return [
    `${model} (${(elapsedMs / 1000).toFixed(1)} s)`,
    ...(result.rows.length > 0 ? rows.map((row) => `  ${line(row)}`.trimEnd()) : []),
    ...refused.map(({ profile, target, reason }) => `  not raced: ${profile} ${target}. ${reason}`),
    `  ${end}`,
  ].join('\n');
}
