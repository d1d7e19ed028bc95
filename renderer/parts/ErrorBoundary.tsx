import { Component, type ReactNode } from 'react';
import { words } from '../../words/window';
import { Button } from './Button';
import { Details } from './ErrorInline';
import styles from './failed.module.css';

interface Props {
  children: ReactNode;
}

/**
 * Stands in for a screen that failed to draw. Main owns the picture and the job, so a reload of the page loses nothing.
 */
export class ErrorBoundary extends Component<Props, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: unknown): { error: Error } {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render(): ReactNode {
    const { children } = this.props;
    const { error } = this.state;
    if (!error) return children;
    return (
      <main className={styles.failed} role="alert" data-testid="failed">
        <h1>{words.failed.title}</h1>
        <p>{words.failed.remedy}</p>
        <Button onClick={() => location.reload()}>{words.failed.reload}</Button>
        <Details text={error.stack ?? error.message} />
      </main>
    );
  }
}
