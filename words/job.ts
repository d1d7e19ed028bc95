/** What the status line says of a job. Pure. */
import type { ModelInfo } from '../app/contract';
import type { Job } from '../app/states';
import { duration } from './numbers';
import { words } from './window';

/**
 * @param model the job's tool; undefined where it is no longer there.
 * @param left "about 20 s"; null where no honest number can be given.
 * @returns null where there is nothing to say.
 */
export function jobWords(job: Job, model: ModelInfo | undefined, left: string | null): string | null {
  if (job.kind === 'idle') return null;
  if (job.kind === 'done') return words.status.done({ time: duration(job.elapsedMs) });
  if (job.kind === 'failed') return words.status.failed;
  const { done, total } = job;
  const isWhole = model?.flow.kind === 'whole';
  if (job.kind === 'cancelled') {
    if (isWhole) return words.status.stoppedWhole;
    return done === 0 ? words.status.stoppedEarly : words.status.stopped({ done, total });
  }
  const tool = model?.name ?? job.model;
  if (job.silent) return words.status.silent({ tool });
  // How many tiles there are is known once the first one comes, and until then the model is being opened.
  if (!isWhole && total === 0) return words.status.gettingReady({ tool });
  const progress = !isWhole
    ? words.status.working({ tool, done, total })
    : total > 1
      ? words.status.workingParts({ tool, done, total })
      : words.status.workingWhole({ tool });
  return left ? `${progress} · ${words.status.left({ time: left })}` : progress;
}
