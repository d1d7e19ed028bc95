/** `refit merge`: what many machines built, as one. */
import { type MergeSummary, mergeEngines } from '../engines/merge';
import { action, command, exitCode, Refusal, type Register } from './command';
import { signingLine } from './sign';

export const merge: Register = (program) => {
  command(program, 'merge', 'Puts the folders of several `build --shard` together into one. Needs no GPU.')
    .argument('<folder...>', 'what --out of each shard named, or shards/*')
    .option('--out <folder>', 'what they are merged into (engines/)')
    .option('--allow-missing', 'succeed although engines are missing or out of date')
    .action(
      action<{ out?: string; allowMissing?: boolean }>(async ({ args, options }) => {
        const summary = await mergeEngines(args, options.out).catch((error: Error) => {
          throw new Refusal('Nothing was merged.', exitCode.refused, error.message);
        });
        const isWhole = summary.missing.length === 0 || options.allowMissing;
        return { data: summary, text: textOf(summary), code: isWhole ? exitCode.ok : exitCode.failed };
      }),
    );
};

const textOf = ({ out, taken, missing, signing }: MergeSummary): string =>
  [
    `${taken.length} engines taken into ${out}`,
    ...(missing.length > 0 ? [`✗ ${missing.length} missing or out of date:\n  ${missing.join('\n  ')}`] : []),
    signingLine(signing),
  ].join('\n');
