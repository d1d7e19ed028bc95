/** `refit verify`: refits each engine here and compares its golden picture with ONNX Runtime's. */
import path from 'node:path';
import { repository } from '../engines/build';
import { openRig } from '../engines/rig';
import { VerifyAnswer } from '../engines/verify';
import { engineName } from '../engines/wanted';
import { runWork } from '../engines/work';
import { action, command, exitCode, positive, Refusal, type Register } from './command';
import { requireGpu } from './machine';
import { columns } from './screen';

type Verified = VerifyAnswer & { engine: string };

export const verify: Register = (program) => {
  command(program, 'verify', "Refits each engine that this machine's GPU loads and compares with ONNX Runtime.")
    .option('--only <text>', 'only engines whose model/profile/target has this in it')
    .option('--timeout <seconds>', 'for one engine; then its process is killed', positive, 300)
    .action(
      action<{ only?: string; timeout: number }>(async ({ options, screen }) => {
        requireGpu();
        const { rig, subjects } = await openRig();
        const names = subjects
          .map(({ entry }) => engineName(entry))
          .filter((name) => name.includes(options.only ?? ''));
        if (names.length === 0) throw new Refusal(`No engine here is for ${rig.gpu.name}, or of that name.`);
        const results: Verified[] = [];
        // One after the other: they share the GPU's memory, and two would spoil each other's times.
        for (const engine of names) {
          screen.progress(engine, 0);
          const answer = await runWork({
            script: path.join(repository, 'factory', 'engines', 'verifyOne.ts'),
            task: { engine },
            answer: VerifyAnswer,
            limitMs: options.timeout * 1000,
            onProgress: (fraction) => screen.progress(engine, Math.min(fraction, 0.99)),
          }).catch((error: Error) => ({ passed: false as const, reason: error.message }));
          screen.progress(engine, 1);
          results.push({ engine, ...answer });
        }
        const isGood = results.every(({ passed }) => passed);
        return {
          data: { gpu: rig.gpu.name, results },
          text: `${rig.gpu.name}\n${columns(results.map(rowOf), [3])}`,
          code: isGood ? exitCode.ok : exitCode.failed,
        };
      }),
    );
};

const rowOf = (result: Verified): string[] =>
  result.passed
    ? ['✓', result.engine, `off by ${result.maxAbsError} at most`, `refit ${result.refitMs.toFixed(0)} ms`]
    : ['✗', result.engine, result.reason, ''];
