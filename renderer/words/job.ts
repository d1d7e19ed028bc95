/** What the status line says of a job. Pure but for the words. */
import type { TFunction } from 'i18next';
import type { ModelInfo } from '../../app/contract';
import type { Job } from '../../app/states';
import { duration } from './numbers';

/**
 * @param model the job's tool; undefined where it is no longer there.
 * @param left "about 20 s"; null where no honest number can be given.
 * @returns null where there is nothing to say.
 */
export function jobWords(t: TFunction, job: Job, model: ModelInfo | undefined, left: string | null): string | null {
  if (job.kind === 'idle') return null;
  if (job.kind === 'done') return t('status.done', { time: duration(job.elapsedMs) });
  if (job.kind === 'failed') return t('status.failed');
  const { done, total } = job;
  const isWhole = model?.flow.kind === 'whole';
  if (job.kind === 'cancelled') {
    if (isWhole) return t('status.stoppedWhole');
    return done === 0 ? t('status.stoppedEarly') : t('status.stopped', { done, total });
  }
  const tool = model?.name ?? job.model;
  if (job.silent) return t('status.silent', { tool });
  // How many tiles there are is known once the first one comes, and until then the model is being opened.
  if (!isWhole && total === 0) return t('status.gettingReady', { tool });
  const words = !isWhole
    ? t('status.working', { tool, done, total })
    : total > 1
      ? t('status.workingParts', { tool, done, total })
      : t('status.workingWhole', { tool });
  return left ? `${words} · ${t('status.left', { time: left })}` : words;
}
