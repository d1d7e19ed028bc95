import type { ReactNode } from 'react';
import { ToolIcon } from '../parts/ToolIcon';
import { useScreen } from '../store';
import styles from './setup.module.css';

interface Props {
  model: string;
  tone?: 'amber' | undefined;
  /** Right end: a state in a word or an icon. */
  end: ReactNode;
  /** What there is to say of it; omitted: nothing. */
  children?: ReactNode;
}

/** One tool's line on the first screen; all three states use it, so that nothing jumps. */
export function ToolRow({ model, tone, end, children }: Props) {
  const info = useScreen((screen) => screen.models.find((m) => m.id === model));
  return (
    <li className={styles.row} data-testid={`row-${model}`} data-tone={tone}>
      <span className={styles.icon}>{info && <ToolIcon model={info} />}</span>
      <div className={styles.rowWords}>
        <p className={styles.name} data-testid="name-of-row">
          {info?.name ?? model}
        </p>
        {children && (
          <div className={styles.text} data-testid="text-of-row">
            {children}
          </div>
        )}
      </div>
      <span className={styles.end}>{end}</span>
    </li>
  );
}
