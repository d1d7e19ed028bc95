import { Cpu } from 'lucide-react';
import type { ModelInfo } from '../../app/contract';
import { networksOf, toolsOf } from '../../app/tools';
import { wordsOf } from '../../words/errors';
import { words } from '../../words/window';
import { deviceFor } from '../device';
import { ToolIcon } from '../parts/ToolIcon';
import { useQueuePanel } from '../queue/panel';
import { isRunning, useQueue } from '../queue/store';
import { selectTool, useDevices, useScreen } from '../store';
import styles from './workspace.module.css';

/** The tools, in their cards' order. */
export function ToolList() {
  const models = useScreen((screen) => screen.models);
  return (
    <nav className={styles.tools} aria-label={words.tools.label}>
      <p className={styles.brand}>{words.app.name}</p>
      {models.length === 0 && <p className={`quiet small ${styles.none}`}>{words.tools.empty}</p>}
      <ul>
        {toolsOf(models).map((model) => (
          <li key={model.id}>
            <ToolButton model={model} />
          </li>
        ))}
      </ul>
    </nav>
  );
}

function ToolButton({ model }: { model: ModelInfo }) {
  const chosen = useScreen((screen) => screen.selected === model.id);
  const atWork = useScreen((screen) => screen.app.job.kind === 'running' || screen.busy.kind !== 'no');
  const queueRuns = useQueue(isRunning);
  const forQueue = useQueuePanel();
  const locked = atWork || (queueRuns && forQueue);
  const devices = useDevices();
  const models = useScreen((screen) => screen.models);
  const device = deviceFor(devices, networksOf(models, model.id));
  // If every tool is on the processor, the status line alone says so.
  const alone = device?.kind === 'cpu' && device.scope === 'tool';
  return (
    <button
      type="button"
      className={styles.tool}
      aria-current={chosen}
      aria-disabled={locked && !chosen}
      title={alone && device.reason ? wordsOf(device.reason).message : model.summary}
      onClick={() => locked || selectTool(model.id)}
      data-testid={`tool-${model.id}`}
    >
      <ToolIcon model={model} />
      <span className={styles.name} data-testid="name-of-tool">
        {model.name}
      </span>
      {alone && (
        <>
          <Cpu size={16} className={styles.alone} aria-hidden />
          <span className="offscreen">{words.tools.onProcessor}</span>
        </>
      )}
    </button>
  );
}
