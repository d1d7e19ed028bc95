/** Checks one engine on this machine's GPU, in a process of its own: as the app does it, up to the golden picture. */
import { toReport } from '../../app/errors';
import { Workbench } from '../../host/workbench';
import { sentenceOf } from '../../words/errors';
import { taskOn } from './measure';
import { openRig } from './rig';
import type { VerifyAnswer, VerifyTask } from './verify';
import { engineName } from './wanted';
import { endWithParent, sayAnswer, sayProgress } from './work';

endWithParent();
const { engine } = JSON.parse(process.argv[2] ?? '{}') as VerifyTask;
sayAnswer(await check(), () => process.exit(0));

async function check(): Promise<VerifyAnswer> {
  try {
    const { rig, subjects } = await openRig();
    const subject = subjects.find(({ entry }) => engineName(entry) === engine);
    if (!subject) return { passed: false, reason: 'This GPU loads no such engine.' };
    const { card, profile, entry } = subject;
    // Nothing is kept, so that the cache's folder is never touched.
    const task = taskOn(rig, card, profile, entry, '');
    const bench = new Workbench(() => {
      throw new Error('Expected no picture file to be opened');
    });
    const startedAt = performance.now();
    await bench.verify(task);
    const { refitMs } = await bench.refit(task, ({ weightsDone, weightsTotal }) => {
      if (weightsTotal > 0) sayProgress((0.8 * weightsDone) / weightsTotal);
    });
    const { maxAbsError } = await bench.check(task);
    return { passed: true, maxAbsError, refitMs, elapsedMs: performance.now() - startedAt };
  } catch (error) {
    const { code, detail } = toReport(error);
    const reason = sentenceOf(error);
    return { passed: false, reason: detail && code !== 'INTERNAL' ? `${reason} ${detail}` : reason };
  }
}
