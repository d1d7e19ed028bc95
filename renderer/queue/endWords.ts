/** One sentence on how a queue ended. Pure. */
import type { ErrorReport } from '../../app/errors';
import type { QueueCounts } from '../../app/queue';
import { words } from '../../words/window';

/** Faults of the file itself. */
const unread: ReadonlySet<ErrorReport['code']> = new Set([
  'PICTURE_UNREADABLE',
  'PICTURE_EMPTY',
  'PICTURE_NOT_OPENED',
] as const);

/** "40 pictures saved to Enlarged.", or "38 saved, 2 could not be read." @param output name of the folder; null: beside the pictures. */
export function endWords(
  { saved, failed, skipped }: QueueCounts,
  reasons: readonly ErrorReport[],
  output: string | null,
): string {
  if (failed === 0 && skipped === 0)
    return output === null
      ? words.queue.ended.allBeside({ count: saved })
      : words.queue.ended.allTo({ count: saved, folder: output });
  const parts = [words.queue.ended.saved({ count: saved })];
  if (failed > 0) {
    const allUnread = reasons.every(({ code }) => unread.has(code));
    parts.push((allUnread ? words.queue.ended.unread : words.queue.ended.failed)({ count: failed }));
  }
  if (skipped > 0) parts.push(words.queue.ended.skipped({ count: skipped }));
  return `${parts.join(', ')}.`;
}
