import { useTranslation } from 'react-i18next';
import type { GpuFacts, PrepareRow } from '../../app/states';
import { Button } from '../parts/Button';
import { bytes, duration } from '../words/numbers';
import { continueSetup } from './commands';
import { PrepareRows } from './PrepareRows';
import { outcomeOf } from './progress';

interface Props {
  rows: PrepareRow[];
  facts: GpuFacts;
  elapsedMs: number;
}

/** The end: what it took, what the next start takes, what was not downloaded because of it. */
export function Prepared({ rows, facts, elapsedMs }: Props) {
  const { t } = useTranslation();
  const { ready, total, weightBytes, planBytes, notKept } = outcomeOf(rows);
  const title =
    ready === total
      ? t('setup.preparedTitle')
      : ready > 0
        ? t('setup.preparedTitleSome', { done: ready, total })
        : t('setup.preparedTitleNone');
  return (
    <>
      <div className="setup-intro">
        <h1>{title}</h1>
        <p className="quiet">{ready > 0 ? facts.gpu.name : t('setup.preparedLeadNone')}</p>
      </div>
      {ready > 0 && (
        <dl className="figures">
          <div>
            <dt>{t('setup.took')}</dt>
            <dd className="number">{duration(elapsedMs)}</dd>
            <dd className="figure-why number">{t('setup.tookWhy', { weights: bytes(weightBytes) })}</dd>
          </div>
          <div>
            <dt>{t('setup.nextStart')}</dt>
            <dd>{notKept > 0 ? t('setup.nextStartSome', { count: notKept }) : t('setup.nextStartReady')}</dd>
            <dd className="figure-why">{notKept > 0 ? t('setup.nextStartSomeWhy') : t('setup.nextStartReadyWhy')}</dd>
          </div>
          {planBytes > 0 && (
            <div>
              <dt>{t('setup.notDownloaded')}</dt>
              <dd className="number">{bytes(planBytes)}</dd>
              <dd className="figure-why">{t('setup.notDownloadedWhy')}</dd>
            </div>
          )}
        </dl>
      )}
      <PrepareRows rows={rows} />
      <footer className="setup-foot">
        <Button look="primary" onClick={() => void continueSetup()} data-testid="first-run-continue">
          {t('setup.continue')}
        </Button>
      </footer>
    </>
  );
}
