import { AlertTriangle, Check, LoaderCircle } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { PrepareRow } from '../../app/states';
import { fullWordsOf } from '../../words/errors';
import { Details } from '../parts/ErrorInline';
import { bytes, bytesOf, duration } from '../words/numbers';
import { isFinished, rowProgress } from './progress';
import { ToolRow } from './ToolRow';

/** A line a tool: what is being done to it, and how far. */
export function PrepareRows({ rows }: { rows: PrepareRow[] }) {
  const { t } = useTranslation();
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
          {row.again && !isFinished(row) && <p className="row-amber">{t('phase.again')}</p>}
          {row.silent && <p className="row-amber">{t('phase.silent')}</p>}
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
  const { t } = useTranslation();
  switch (row.phase) {
    case 'refitting': {
      if (row.weightsTotal === 0) return <p>{t('phase.refittingUnknown')}</p>;
      const { part, whole } = bytesOf(row.bytesDone, row.bytesTotal);
      return (
        <p className="number">
          {t('phase.refitting', { done: row.weightsDone, total: row.weightsTotal, bytesDone: part, bytesTotal: whole })}
        </p>
      );
    }
    case 'timing': {
      if (!row.race) return <p>{t('phase.timing')}</p>;
      const { done, total } = row.race;
      return <p className="number">{t('phase.timingOf', { done: done + 1, total })}</p>;
    }
    case 'done':
      return (
        <>
          <p className="number">
            {t('phase.done', { weights: bytes(row.weightBytes), time: duration(row.elapsedMs) })}
            {row.timed !== undefined && row.timed > 1 && t('phase.fastestOf', { total: row.timed })}
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
      return <p>{t(`phase.${row.phase}`)}</p>;
  }
}
