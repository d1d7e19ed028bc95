import { AlertTriangle, X } from 'lucide-react';
import { Popover } from 'radix-ui';
import { useId } from 'react';
import { wordsOf } from '../../words/errors';
import { words } from '../../words/window';
import type { ToolDevice } from '../device';
import { Button } from '../parts/Button';
import { Details } from '../parts/ErrorInline';
import { retry } from '../setup/commands';
import { useScreen } from '../store';
import styles from './status.module.css';

type CpuDevice = Extract<ToolDevice, { kind: 'cpu' }>;

function triggerWords(scope: CpuDevice['scope'], tool: string): string {
  switch (scope) {
    case 'all':
      return words.status.processor;
    case 'job':
      return words.status.processorJob;
    case 'tool':
      return words.status.processorTool({ tool });
    case 'preparing':
      return words.status.processorPreparing({ tool });
  }
}

/** "Running on your processor. Why?": one card with cause and remedy. */
export function WhyCard({ device, tool }: { device: CpuDevice; tool: string }) {
  const running = useScreen((screen) => screen.app.job.kind === 'running');
  const { scope, reason } = device;
  const said = reason && wordsOf(reason);
  const title = useId();
  return (
    <Popover.Root>
      <Popover.Trigger className={styles.whyButton} data-testid="why">
        <AlertTriangle size={14} aria-hidden />
        {triggerWords(scope, tool)}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className={styles.whyCard}
          side="top"
          align="start"
          sideOffset={8}
          collisionPadding={12}
          aria-labelledby={title}
          data-testid="why-card"
        >
          <h2 id={title}>{words.why.title}</h2>
          <p>{said?.message ?? (scope === 'job' ? words.why.early : words.why.unknown)}</p>
          {said ? <p>{said.remedy}</p> : scope === 'job' && <p>{words.why.earlyRemedy}</p>}
          <p className="quiet">{words.why.slower}</p>
          <Details text={reason?.detail ?? ''} />
          {scope === 'all' && (
            <Button className={styles.whyRetry} onClick={() => void retry()} disabled={running} data-testid="why-retry">
              {reason?.code === 'SKIPPED_BY_USER' ? words.why.prepare : words.why.retry}
            </Button>
          )}
          <Popover.Close className={styles.whyClose} aria-label={words.why.close}>
            <X size={16} aria-hidden />
          </Popover.Close>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
