import { AlertTriangle, X } from 'lucide-react';
import { Popover } from 'radix-ui';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import { wordsOf } from '../../words/errors';
import type { ToolDevice } from '../device';
import { Button } from '../parts/Button';
import { Details } from '../parts/ErrorInline';
import { retry } from '../setup/commands';
import { useScreen } from '../store';

const triggers = {
  all: 'status.processor',
  tool: 'status.processorTool',
  job: 'status.processorJob',
} as const;

/** "Running on your processor. Why?": one card with cause and remedy. */
export function WhyCard({ device, tool }: { device: Extract<ToolDevice, { kind: 'cpu' }>; tool: string }) {
  const { t } = useTranslation();
  const running = useScreen((screen) => screen.app.job.kind === 'running');
  const { scope, reason } = device;
  const words = reason && wordsOf(reason);
  const title = useId();
  return (
    <Popover.Root>
      <Popover.Trigger className="why-button" data-testid="why">
        <AlertTriangle size={14} aria-hidden />
        {t(triggers[scope], { tool })}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className="why-card"
          side="top"
          align="start"
          sideOffset={8}
          collisionPadding={12}
          aria-labelledby={title}
          data-testid="why-card"
        >
          <h2 id={title}>{t('why.title')}</h2>
          <p>{words?.message ?? t(scope === 'job' ? 'why.early' : 'why.unknown')}</p>
          {words ? <p>{words.remedy}</p> : scope === 'job' && <p>{t('why.earlyRemedy')}</p>}
          <p className="quiet">{t('why.slower')}</p>
          <Details text={reason?.detail ?? ''} />
          {scope === 'all' && (
            <Button onClick={() => void retry()} disabled={running} data-testid="why-retry">
              {reason?.code === 'SKIPPED_BY_USER' ? t('why.prepare') : t('why.retry')}
            </Button>
          )}
          <Popover.Close className="why-close" aria-label={t('why.close')}>
            <X size={16} aria-hidden />
          </Popover.Close>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
