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

type OtherDevice = Exclude<ToolDevice, { kind: 'gpu' }>;

function triggerWords(device: OtherDevice, tool: string): string {
  if (device.kind === 'webgpu') return words.status.webgpu;
  switch (device.scope) {
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

/** "Running on your processor. Why?": one card with cause and remedy. Likewise of WebGPU, which is no fault but slower than TensorRT. */
export function WhyCard({ device, tool }: { device: OtherDevice; tool: string }) {
  const running = useScreen((screen) => screen.app.job.kind === 'running');
  const { reason } = device;
  const scope = device.kind === 'cpu' ? device.scope : 'webgpu';
  const said = reason && wordsOf(reason);
  const title = useId();
  return (
    <Popover.Root>
      <Popover.Trigger className={styles.whyButton} data-testid="why">
        {scope === 'webgpu' ? <span className={styles.dot} /> : <AlertTriangle size={14} aria-hidden />}
        {triggerWords(device, tool)}
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
          <h2 id={title}>{scope === 'webgpu' ? words.why.webgpuTitle : words.why.title}</h2>
          <p>{said?.message ?? (scope === 'job' ? words.why.early : words.why.unknown)}</p>
          {said ? <p>{said.remedy}</p> : scope === 'job' && <p>{words.why.earlyRemedy}</p>}
          <p className="quiet">
            {device.kind === 'webgpu' ? words.why.faster({ times: device.times }) : words.why.slower}
          </p>
          <Details text={reason?.detail ?? ''} />
          {(scope === 'all' || scope === 'webgpu') && (
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
