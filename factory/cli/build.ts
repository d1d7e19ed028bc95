/** `refit build`: every engine that is out of date. */
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { type Runtime, runtimeOf } from '../../app/runtimes';
import { buildAddon } from '../../native/build';
import { provideSdk } from '../../native/sdk';
import { type BuildSummary, buildEngines, repository } from '../engines/build';
import { parseShard, type Shard } from '../engines/wanted';
import { action, command, exitCode, parsedBy, positive, type Register } from './command';
import { requireGpu } from './machine';
import { signingLine } from './sign';

interface Options {
  jobs: number;
  timeout: number;
  runtime?: Runtime;
  only?: string;
  shard?: Shard;
  out?: string;
  dryRun?: boolean;
}

export const build: Register = (program) => {
  command(program, 'build', 'Builds the engines that are out of date. Needs a GPU, except for --dry-run.')
    .option('--jobs <n>', 'builds side by side', positive, availableParallelism())
    .option('--timeout <seconds>', 'for one engine; then its process is killed', positive, 1800)
    .option(
      '--runtime <version>',
      'with another engine library, beside the engines that are there',
      parsedBy(runtimeOf),
    )
    .option('--only <text>', 'only engines whose model/profile/target has this in it')
    .option('--shard <i/n>', 'only the i-th of n shares of the work, counted from 1', parsedBy(parseShard))
    .option('--out <folder>', 'where catalog and engines go (engines/, or shards/<i>-of-<n> of a shard)')
    .option('--dry-run', 'say what would be built')
    .action(
      action<Options>(async ({ options, screen }) => {
        const { timeout, runtime, ...asked } = options;
        const { shard, out = shard && path.join(repository, 'shards', `${shard.index}-of-${shard.count}`) } = asked;
        if (runtime && !options.dryRun) {
          await provideSdk(screen.line, runtime.name);
          await buildAddon(screen.line, {}, runtime.name);
        }
        let done = 0;
        const summary = await buildEngines({
          ...asked,
          ...(runtime && { runtime: runtime.name }),
          ...(out && { out }),
          limitMs: timeout * 1000,
          on: (event) => {
            if (event.kind === 'plan') {
              screen.line(`${event.upToDate} engines are up to date, ${event.todo.length} to build`);
              if (event.todo.length > 0 && !options.dryRun) requireGpu(runtime?.name);
            } else if (event.kind === 'started') screen.progress(event.engine, 0);
            else if (event.kind === 'progress') screen.progress(event.engine, Math.min(event.fraction, 0.99));
            else {
              screen.progress(event.engine, 1);
              done += 1;
              if (event.kind === 'failed') screen.line(`✗ ${event.engine}: ${event.reason}`);
              else {
                const { strippedBytes, compressedBytes, fullPlanBytes, buildMs, fullBuildMs } = event.answer;
                const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
                screen.line(
                  `✓ ${done}. ${event.engine}: stripped ${strippedBytes} → ${compressedBytes} bytes in ` +
                    `${seconds(buildMs)} (full plan ${fullPlanBytes} bytes in ${seconds(fullBuildMs)})`,
                );
              }
            }
          },
        });
        return {
          data: summary,
          text: textOf(summary, options.dryRun ?? false),
          code: summary.failed.length > 0 ? exitCode.failed : exitCode.ok,
        };
      }),
    );
};

function textOf({ out, built, failed, upToDate, signing }: BuildSummary, dryRun: boolean): string {
  if (dryRun) return built.length > 0 ? `Would build:\n  ${built.join('\n  ')}` : 'Nothing to build.';
  const reasons = failed.map(({ engine, reason }) => `\n  ${engine}\n    ${reason.replaceAll('\n', '\n    ')}`);
  return [
    `${built.length} built, ${upToDate} up to date, ${failed.length} failed: ${out}${reasons.join('')}`,
    ...(signing ? [signingLine(signing)] : []),
  ].join('\n');
}
