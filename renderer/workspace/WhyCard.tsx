import { AlertTriangle } from 'lucide-react';
import type { Runner } from '../../app/runner';
import { wordsOf } from '../../words/errors';
import { words } from '../../words/window';
import type { ToolDevice } from '../device';
import { Button } from '../parts/Button';
import { Details } from '../parts/ErrorInline';
import { retry } from '../setup/commands';
import { useScreen } from '../store';
import { DeviceChoice } from './DeviceChoice';
import { type CardOpening, StatusCard } from './StatusCard';
import styles from './status.module.css';

type OtherDevice = Exclude<ToolDevice, { kind: 'gpu' }>;

const isLooking = ({ reason }: OtherDevice): boolean => reason?.code === 'GPU_LOOKING';

function triggerWords(device: OtherDevice, tool: string): string {
  if (device.kind === 'webgpu') return words.status.webgpu;
  if (isLooking(device)) return words.app.looking;
  switch (device.scope) {
    case 'all':
      return words.status.processor;
    case 'job':
      return words.status.processorJob;
    case 'tool':
      return words.status.processorTool({ tool });
    case 'preparing':
      return words.status.processorPreparing({ tool });
    case 'chosen':
      return words.status.processorChosen;
  }
}

/** Why this device, and what would help. */
function causeOf(device: OtherDevice, upTo: Runner): { message: string; remedy?: string } {
  if (device.reason) return wordsOf(device.reason);
  const isWebgpu = device.kind === 'webgpu';
  if (upTo === 'webgpu') return { message: isWebgpu ? words.devices.choseWebgpu : words.devices.choseWebgpuEarly };
  if (isWebgpu) return { message: words.why.unknown };
  if (device.scope === 'chosen') return { message: words.devices.choseProcessor, remedy: words.devices.choseRemedy };
  return device.scope === 'job'
    ? { message: words.why.early, remedy: words.why.earlyRemedy }
    : { message: words.why.unknown };
}

/** "Running on your processor. Why?": one card with cause and remedy. Likewise of WebGPU, which is no fault but slower than TensorRT. */
export function WhyCard({ device, tool, ...opening }: { device: OtherDevice; tool: string } & CardOpening) {
  const running = useScreen((screen) => screen.app.job.kind === 'running');
  const upTo = useScreen((screen) => screen.app.preference.upTo);
  const { reason } = device;
  const scope = device.kind === 'cpu' ? device.scope : 'webgpu';
  const looking = isLooking(device);
  // What was chosen is no fault, nor is a look of a second at each start.
  const isCalm = looking || scope === 'webgpu' || (scope === 'chosen' && !reason);
  const { message, remedy } = causeOf(device, upTo);
  return (
    <StatusCard
      {...opening}
      testId="why"
      look={isCalm ? 'plain' : 'amber'}
      title={scope === 'webgpu' ? words.why.webgpuTitle : words.why.title}
      trigger={
        <>
          {isCalm ? (
            <span className={styles.dot} data-busy={looking || undefined} />
          ) : (
            <AlertTriangle size={14} aria-hidden />
          )}
          {triggerWords(device, tool)}
        </>
      }
    >
      <p>{message}</p>
      {remedy && <p>{remedy}</p>}
      <p className="quiet">{device.kind === 'webgpu' ? words.why.faster({ times: device.times }) : words.why.slower}</p>
      <Details text={reason?.detail ?? ''} />
      {((scope === 'all' && !looking) || (scope === 'webgpu' && upTo === 'gpu')) && (
        <Button className={styles.cardRetry} onClick={() => void retry()} disabled={running} data-testid="why-retry">
          {reason?.code === 'SKIPPED_BY_USER' ? words.why.prepare : words.why.retry}
        </Button>
      )}
      <DeviceChoice />
    </StatusCard>
  );
}
