import { AlertTriangle, Check, LoaderCircle } from 'lucide-react';
import type { PrepareRow } from '../../app/states';
import { fullWordsOf } from '../../words/errors';
import { bytes, bytesOf, duration } from '../../words/numbers';
import { words } from '../../words/window';
import { Details } from '../parts/ErrorInline';
import { isFinished, rowProgress } from './progress';
import { ToolRow } from './ToolRow';

/** A line a tool: what is being done to it, and how far. */
export function PrepareRows({ rows }: { rows: PrepareRow[] }) {
  return (
    <ul className="rows">
      {rows.map((row) => (
        <ToolRow
          key={row.model}
          model={row.model}
          tone={row.phase === 'failed' ? 'amber' : undefined}
          end={<RowMark row={row} />}
        >
          <RowText row={row} />
          {row.again && !isFinished(row) && <p className="row-amber">{words.phase.again}</p>}
          {row.silent && <p className="row-amber">{words.phase.silent}</p>}
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
      return <Check size={18} className="mark-done" aria-hidden />;
    case 'failed':
      return <AlertTriangle size={18} className="mark-amber" aria-hidden />;
    default:
      return (
        <>
          <span className="number row-share">{Math.round(rowProgress(row) * 100)} %</span>
          <LoaderCircle size={18} className="mark-busy" aria-hidden />
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
              <p className="row-amber">{fullWordsOf(row.notKept)}</p>
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
