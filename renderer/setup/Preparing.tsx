import { Progress } from 'radix-ui';
import type { GpuFacts, PrepareRow } from '../../app/states';
import { words } from '../../words/window';
import { Button } from '../parts/Button';
import { continueSetup } from './commands';
import { PrepareRows } from './PrepareRows';
import { isFinished, overallProgress } from './progress';
import styles from './setup.module.css';

/** Weights go back: a row a tool, one bar for the whole. */
export function Preparing({ rows, facts }: { rows: PrepareRow[]; facts: GpuFacts }) {
  const title = words.setup.preparingTitle({ done: rows.filter(isFinished).length, total: rows.length });
  const share = overallProgress(rows);
  return (
    <>
      <div className={styles.intro}>
        <h1 className="number" aria-live="polite">
          {title}
        </h1>
        <p className="quiet">
          {facts.gpu.name} · {words.setup.preparingLead}
        </p>
      </div>
      <Progress.Root className={styles.bar} value={Math.round(share * 100)} aria-label={title}>
        <Progress.Indicator className={styles.fill} style={{ transform: `scaleX(${share})` }} />
      </Progress.Root>
      <PrepareRows rows={rows} />
      <footer className={styles.foot}>
        <Button
          look="quiet"
          onClick={() => void continueSetup()}
          title={words.setup.skipNowHint}
          data-testid="first-run-skip"
        >
          {words.setup.skipNow}
        </Button>
      </footer>
    </>
  );
}
