import type { GpuFacts, PrepareRow } from '../../app/states';
import { bytes, duration } from '../../words/numbers';
import { words } from '../../words/window';
import { Button } from '../parts/Button';
import { continueSetup } from './commands';
import { PrepareRows } from './PrepareRows';
import { outcomeOf } from './progress';
import styles from './setup.module.css';

interface Props {
  rows: PrepareRow[];
  facts: GpuFacts;
  elapsedMs: number;
}

/** The end of preparing: how long it took, what the next start needs, how much did not have to be downloaded. */
export function Prepared({ rows, facts, elapsedMs }: Props) {
  const { ready, total, weightBytes, planBytes, notKept } = outcomeOf(rows);
  const title =
    ready === total
      ? words.setup.preparedTitle
      : ready > 0
        ? words.setup.preparedTitleSome({ done: ready, total })
        : words.setup.preparedTitleNone;
  return (
    <>
      <div className={styles.intro}>
        <h1>{title}</h1>
        <p className="quiet">{ready > 0 ? facts.gpu.name : words.setup.preparedLeadNone}</p>
      </div>
      {ready > 0 && (
        <dl className={styles.figures} data-testid="figures">
          <div>
            <dt>{words.setup.took}</dt>
            <dd className="number">{duration(elapsedMs)}</dd>
            <dd className={`${styles.why} number`}>{words.setup.tookWhy({ weights: bytes(weightBytes) })}</dd>
          </div>
          <div>
            <dt>{words.setup.nextStart}</dt>
            <dd>{notKept > 0 ? words.setup.nextStartSome({ count: notKept }) : words.setup.nextStartReady}</dd>
            <dd className={styles.why}>{notKept > 0 ? words.setup.nextStartSomeWhy : words.setup.nextStartReadyWhy}</dd>
          </div>
          {planBytes > 0 && (
            <div>
              <dt>{words.setup.notDownloaded}</dt>
              <dd className="number">{bytes(planBytes)}</dd>
              <dd className={styles.why}>{words.setup.notDownloadedWhy}</dd>
            </div>
          )}
        </dl>
      )}
      <PrepareRows rows={rows} />
      <footer className={styles.foot}>
        <Button look="primary" onClick={() => void continueSetup()} data-testid="first-run-continue">
          {words.setup.continue}
        </Button>
      </footer>
    </>
  );
}
