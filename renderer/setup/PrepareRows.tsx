import { AlertTriangle, Check, LoaderCircle } from 'lucide-react';
import type { PrepareRow } from '../../app/states';
import { fullWordsOf } from '../../words/errors';
import { bytes, bytesOf, duration } from '../../words/numbers';
import { words } from '../../words/window';
import { Details } from '../parts/ErrorInline';
import { isFinished, rowProgress } from './progress';
import styles from './setup.module.css';
import { ToolRow } from './ToolRow';

/** A line for each tool: its step, and how far it is. */
export function PrepareRows({ rows }: { rows: PrepareRow[] }) {
  return (
    <ul className={styles.rows}>
      {rows.map((row) => (
        <ToolRow
          key={row.model}
          model={row.model}
          tone={row.phase === 'failed' ? 'amber' : undefined}
          end={<RowMark row={row} />}
        >
          <RowText row={row} />
          {row.again && !isFinished(row) && <p className={styles.amber}>{words.phase.again}</p>}
          {row.silent && <p className={styles.amber}>{words.phase.silent}</p>}
        </ToolRow>
      ))}
    </ul>
  );
}

function RowMark({ row }: { row: PrepareRow }) {
  switch (row.phase) {
    case 'waiting':
      return null;
    case 'done':
    case 'cached':
      return <Check size={18} className={styles.done} aria-hidden />;
    case 'failed':
      return <AlertTriangle size={18} className={styles.failed} aria-hidden />;
    default:
      return (
        <>
          <span className={`number ${styles.share}`} data-testid="share-of-row">
            {Math.round(rowProgress(row) * 100)} %
          </span>
          <LoaderCircle size={18} className={styles.busy} aria-hidden />
        </>
      );
  }
}

function RowText({ row }: { row: PrepareRow }) {
  switch (row.phase) {
    case 'refitting': {
      if (row.weightsTotal === 0) return <p>{words.phase.refittingUnknown}</p>;
      const { part, whole } = bytesOf(row.bytesDone, row.bytesTotal);
      return (
        <p className="number">
          {words.phase.refitting({
            done: row.weightsDone,
            total: row.weightsTotal,
            bytesDone: part,
            bytesTotal: whole,
          })}
        </p>
      );
    }
    case 'timing': {
      if (!row.race) return <p>{words.phase.timing}</p>;
      const { done, total } = row.race;
      return <p className="number">{words.phase.timingOf({ done: done + 1, total })}</p>;
    }
    case 'done':
      return (
        <>
          <p className="number">
            {words.phase.done({ weights: bytes(row.weightBytes), time: duration(row.elapsedMs) })}
            {row.timed !== undefined && row.timed > 1 && words.phase.fastestOf({ total: row.timed })}
          </p>
          {row.notKept && (
            <>
              <p className={styles.amber}>{fullWordsOf(row.notKept)}</p>
              <Details text={row.notKept.detail} />
            </>
          )}
        </>
      );
    case 'failed':
      return (
        <>
          <p>{fullWordsOf(row.reason)}</p>
          <Details text={row.reason.detail} />
        </>
      );
    default:
      return <p>{words.phase.plain[row.phase]}</p>;
  }
}
