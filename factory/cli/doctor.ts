/** `refit doctor`: everything that somebody who helps would ask for. */
import { action, command, exitCode, type Register } from './command';
import type { Finding } from './finding';
import { findings } from './findings';
import { columns } from './screen';

export const doctor: Register = (program) => {
  command(
    program,
    'doctor',
    'Everything about this machine and installation that a support thread would ask for.',
  ).action(
    action(async () => {
      const found = await findings();
      const broken = found.filter(({ state }) => state === 'broken');
      return {
        data: { ok: broken.length === 0, findings: found },
        text: `${columns(found.map(rowOf))}\n\n${
          broken.length === 0 ? 'Nothing is broken.' : `${broken.length} things need a look (✗).`
        }`,
        code: broken.length === 0 ? exitCode.ok : exitCode.failed,
      };
    }),
  );
};

const marks = { fact: ' ', good: '✓', broken: '✗' };
const rowOf = ({ area, state, text }: Finding): string[] => [marks[state], area, text];
