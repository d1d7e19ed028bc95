import type { ModelInfo } from '../../app/contract';
import { countItems } from '../../app/queue';
import { words } from '../../words/window';
import { Button } from '../parts/Button';
import { ErrorInline } from '../parts/ErrorInline';
import panelStyles from '../workspace/panel.module.css';
import { Chain } from './Chain';
import { pause, showFolder, start } from './commands';
import { Ending } from './Ending';
import { QueueOptions } from './QueueOptions';
import styles from './queue.module.css';
import { Recipes } from './Recipes';
import { isRunning, setQueueScreen, useQueue } from './store';
import { Where } from './Where';

/** What is done to all pictures of the queue, where they go, and the button that begins. */
export function QueuePanel({ first }: { first: ModelInfo }) {
  const settings = useQueue((screen) => screen.queue.settings);
  const running = useQueue(isRunning);
  return (
    <>
      <Ending />
      {settings && (
        <>
          <div className={styles.how}>
            <Recipes disabled={running} />
            <Chain first={first} recipe={settings.recipe} disabled={running} />
          </div>
          <QueueOptions settings={settings} disabled={running} />
        </>
      )}
      {running && <p className="small quiet">{words.queue.locked}</p>}
      <QueueActions />
    </>
  );
}

function QueueActions() {
  const items = useQueue((screen) => screen.queue.items);
  const phase = useQueue((screen) => screen.queue.phase);
  const output = useQueue((screen) => screen.queue.output);
  const error = useQueue((screen) => screen.error);
  const { open, total } = countItems(items);
  const begun = open < total;
  return (
    <div className={panelStyles.actions} data-testid="queue-actions">
      {phase.kind === 'paused' && phase.reason && <ErrorInline error={phase.reason} tone="amber" />}
      {phase.kind === 'running' ? (
        <Button onClick={() => void pause()} title={words.queue.pauseHint} data-testid="queue-pause">
          {words.queue.pause}
        </Button>
      ) : open > 0 ? (
        <Button look="primary" onClick={() => void start()} data-testid="queue-start">
          {begun ? words.queue.goOn({ count: open }) : words.queue.start({ count: open })}
        </Button>
      ) : (
        <Button look="primary" onClick={() => void showFolder()} data-testid="queue-show-folder">
          {words.queue.showFolder}
        </Button>
      )}
      <Where output={output} canChange={phase.kind !== 'running' && open > 0} />
      {error && <ErrorInline error={error} onClose={() => setQueueScreen({ error: null })} />}
    </div>
  );
}
