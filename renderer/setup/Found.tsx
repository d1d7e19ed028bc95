import { useId } from 'react';
import type { EngineRow, GpuFacts } from '../../app/states';
import { whyChosen } from '../../words/engines';
import { fullWordsOf } from '../../words/errors';
import { words } from '../../words/window';
import { Button } from '../parts/Button';
import { Details } from '../parts/ErrorInline';
import { GpuChoice } from '../parts/GpuChoice';
import { useScreen } from '../store';
import { continueSetup, prepare } from './commands';
import { Facts } from './Facts';
import styles from './setup.module.css';
import { ToolRow } from './ToolRow';

interface Props {
  facts: GpuFacts;
  engines: EngineRow[];
}

/** The graphics card that was found, and which engine each tool gets on it and why. */
export function Found({ facts, engines }: Props) {
  const any = engines.some((row) => row.kind === 'engine');
  const several = useScreen((screen) => screen.app.gpus.rows.length > 1);
  const cards = useId();
  return (
    <>
      <div className={styles.intro}>
        <h1>{facts.gpu.name}</h1>
        <p className="quiet">{any ? words.setup.foundLead : words.setup.foundNone}</p>
      </div>
      <Facts facts={facts} />
      {several && (
        <section className={styles.tools}>
          <h2 id={cards}>{words.devices.card}</h2>
          <GpuChoice labelledBy={cards} />
        </section>
      )}
      <section className={styles.tools}>
        <h2>{words.setup.tools}</h2>
        <Reasons engines={engines} gpu={facts.gpu.name} />
        <ul className={styles.rows}>
          {engines.map((row) =>
            row.kind === 'engine' ? (
              <ToolRow
                key={row.model}
                model={row.model}
                end={
                  <span className={styles.tag} data-testid="tag">
                    {row.target}
                  </span>
                }
              />
            ) : (
              <ToolRow
                key={row.model}
                model={row.model}
                tone="amber"
                end={
                  <span className={`${styles.tag} ${styles.tagAmber}`} data-testid="tag">
                    {words.setup.onProcessor}
                  </span>
                }
              >
                {fullWordsOf(row.reason)}
                <Details text={row.reason.detail} />
              </ToolRow>
            ),
          )}
        </ul>
      </section>
      <footer className={styles.foot}>
        {any && (
          <Button look="primary" onClick={() => void prepare()} data-testid="first-run-prepare">
            {words.setup.prepare}
          </Button>
        )}
        <Button
          look={any ? 'quiet' : 'primary'}
          onClick={() => void continueSetup()}
          title={words.setup.skipHint}
          data-testid="first-run-skip"
        >
          {words.setup.skip}
        </Button>
      </footer>
    </>
  );
}

/** Why these engines: once for all rows that share a reason. */
function Reasons({ engines, gpu }: { engines: EngineRow[]; gpu: string }) {
  const targets = new Set(engines.flatMap((row) => (row.kind === 'engine' ? [row.target] : [])));
  return [...targets].map((target) => (
    <p key={target} className={styles.reason} data-testid="reason">
      {targets.size > 1 && <span className={styles.tag}>{target}</span>}
      {whyChosen(target, gpu)}
    </p>
  ));
}
