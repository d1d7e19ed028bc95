import { Progress } from 'radix-ui';
import type { ModelInfo } from '../../app/contract';
import type { GpuFacts, PrepareRow } from '../../app/states';
import { networksOf, toolsOf } from '../../app/tools';
import { words } from '../../words/window';
import { Button } from '../parts/Button';
import { useScreen } from '../store';
import { continueSetup } from './commands';
import { PrepareRows } from './PrepareRows';
import { isFinished, isServed, overallProgress } from './progress';
import styles from './setup.module.css';
import { usePreparationTime } from './usePreparationTime';

/** The chosen tool if its engines are made, else the first tool that can start. */
function useReadyTool(rows: PrepareRow[]): ModelInfo | undefined {
  const models = useScreen((screen) => screen.models);
  const selected = useScreen((screen) => screen.selected);
  const ready = toolsOf(models).filter(({ id }) =>
    networksOf(models, id).every((network) => rows.some((row) => row.model === network && isServed(row))),
  );
  return ready.find(({ id }) => id === selected) ?? ready[0];
}

/** Preparing: a row for each tool, one bar for the whole. */
export function Preparing({ rows, facts }: { rows: PrepareRow[]; facts: GpuFacts }) {
  const title = words.setup.preparingTitle({ done: rows.filter(isFinished).length, total: rows.length });
  const share = overallProgress(rows);
  const ready = useReadyTool(rows);
  const left = usePreparationTime(rows);
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
      <div className={styles.progress}>
        <Progress.Root className={styles.bar} value={Math.round(share * 100)} aria-label={title}>
          <Progress.Indicator className={styles.fill} style={{ transform: `scaleX(${share})` }} />
        </Progress.Root>
        <p className={`${styles.left} number`} data-testid="preparation-left">
          {left && words.setup.left({ time: left })}
        </p>
      </div>
      <PrepareRows rows={rows} />
      <footer className={styles.foot}>
        {ready ? (
          <Button
            look="primary"
            onClick={() => void continueSetup()}
            title={words.setup.startNowHint}
            data-testid="first-run-start"
          >
            {words.setup.startNow({ tool: ready.name })}
          </Button>
        ) : (
          <Button
            look="quiet"
            onClick={() => void continueSetup()}
            title={words.setup.skipNowHint}
            data-testid="first-run-skip"
          >
            {words.setup.skipNow}
          </Button>
        )}
      </footer>
    </>
  );
}
