import { Component, type ReactNode } from 'react';
import { type WithTranslation, withTranslation } from 'react-i18next';
import { Button } from './Button';
import { Details } from './ErrorInline';

interface Props extends WithTranslation {
  children: ReactNode;
}

/**
 * Stands in for a screen that failed to draw. Main owns the picture and the job, so the page can be loaded anew and nothing is
 * lost.
 */
class Boundary extends Component<Props, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: unknown): { error: Error } {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render(): ReactNode {
    const { children, t } = this.props;
    const { error } = this.state;
    if (!error) return children;
    return (
      <main className="failed" role="alert" data-testid="failed">
        <h1>{t('failed.title')}</h1>
        <p>{t('failed.remedy')}</p>
        <Button onClick={() => location.reload()}>{t('failed.reload')}</Button>
        <Details text={error.stack ?? error.message} />
      </main>
    );
  }
}

export const ErrorBoundary = withTranslation()(Boundary);
