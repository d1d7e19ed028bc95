import { Progress } from 'radix-ui';
import { useTranslation } from 'react-i18next';
import type { GpuFacts, PrepareRow } from '../../app/states';
import { Button } from '../parts/Button';
import { continueSetup } from './commands';
import { PrepareRows } from './PrepareRows';
import { isFinished, overallProgress } from './progress';

/** Weights go back: a row a tool, one bar for the whole. */
export function Preparing({ rows, facts }: { rows: PrepareRow[]; facts: GpuFacts }) {
  const { t } = useTranslation();
  const title = t('setup.preparingTitle', { done: rows.filter(isFinished).length, total: rows.length });
  const share = overallProgress(rows);
  return (
    <>
      <div className="setup-intro">
        <h1 className="number" aria-live="polite">
          {title}
        </h1>
        <p className="quiet">
          {facts.gpu.name} · {t('setup.preparingLead')}
        </p>
      </div>
      <Progress.Root className="bar" value={Math.round(share * 100)} aria-label={title}>
        <Progress.Indicator className="bar-fill" style={{ transform: `scaleX(${share})` }} />
      </Progress.Root>
      <PrepareRows rows={rows} />
      <footer className="setup-foot">
        <Button
          look="quiet"
          onClick={() => void continueSetup()}
          title={t('setup.skipNowHint')}
          data-testid="first-run-skip"
        >
          {t('setup.skipNow')}
        </Button>
      </footer>
    </>
  );
}
