import { Check } from 'lucide-react';
import type { Setup } from '../../app/states';
import { words } from '../../words/window';
import { ErrorInline } from '../parts/ErrorInline';
import { setScreen, useScreen } from '../store';
import { Found } from './Found';
import { Prepared } from './Prepared';
import { Preparing } from './Preparing';
import styles from './setup.module.css';

export type FirstRun = Extract<Setup, { kind: 'found' | 'preparing' | 'prepared' }>;

const steps = ['found', 'preparing', 'prepared'] as const;
const stepWords = { found: words.setup.found, preparing: words.setup.preparing, prepared: words.setup.ready };

/** The first start: one screen with three states. */
export function SetupScreen({ setup }: { setup: FirstRun }) {
  const error = useScreen((screen) => screen.commandError);
  const at = steps.indexOf(setup.kind);
  return (
    <div className={styles.setup}>
      <main className={styles.sheet} data-testid={`first-run-${setup.kind}`}>
        <header className={styles.head}>
          <span className={styles.brand}>{words.app.name}</span>
          <ol className={styles.steps} aria-label={words.setup.steps}>
            {steps.map((step, i) => (
              <li key={step} aria-current={i === at ? 'step' : undefined} data-past={i < at || undefined}>
                {i < at && <Check size={14} aria-hidden />}
                {stepWords[step]}
              </li>
            ))}
          </ol>
        </header>
        {error && (
          <div className={styles.error}>
            <ErrorInline error={error} onClose={() => setScreen({ commandError: null })} />
          </div>
        )}
        {setup.kind === 'found' && <Found facts={setup.facts} engines={setup.engines} />}
        {setup.kind === 'preparing' && <Preparing rows={setup.rows} facts={setup.facts} />}
        {setup.kind === 'prepared' && <Prepared rows={setup.rows} elapsedMs={setup.elapsedMs} facts={setup.facts} />}
      </main>
    </div>
  );
}
