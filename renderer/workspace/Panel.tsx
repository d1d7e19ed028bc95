import { keyOf } from '../../app/errors';
import { networksOf } from '../../app/tools';
import { words } from '../../words/window';
import { CutOptions } from '../cut/CutOptions';
import { deviceFor } from '../device';
import { HideOptions } from '../hide/HideOptions';
import { ErrorInline } from '../parts/ErrorInline';
import { useQueuePanel } from '../queue/panel';
import { QueuePanel } from '../queue/QueuePanel';
import { selectedModel, setScreen, shownResult, useDevices, useScreen } from '../store';
import { TextFormats } from '../text/TextFormats';
import { TextLines } from '../text/TextLines';
import { About } from './About';
import { Actions } from './Actions';
import { OutputOptions } from './OutputOptions';
import styles from './panel.module.css';

/** The chosen tool: what it does, its options, the one button that matters. */
export function Panel({ onChoose }: { onChoose: () => void }) {
  const model = useScreen(selectedModel);
  const error = useScreen((screen) => screen.commandError);
  const regions = useScreen((screen) => shownResult(screen)?.regions);
  const forQueue = useQueuePanel();
  return (
    <aside className={styles.panel} data-testid="panel" aria-label={words.panel.label}>
      {model && (
        <>
          <header className={styles.head}>
            <h1 data-testid="tool-title">{model.name}</h1>
            <p className="quiet">{model.summary}</p>
          </header>
          <ToolOnProcessor />
          {forQueue ? (
            <QueuePanel first={model} />
          ) : (
            <>
              {regions && <TextLines regions={regions} />}
              {regions && <TextFormats regions={regions} />}
              <HideOptions />
              <CutOptions />
              {model.gives !== 'text' && <OutputOptions model={model} />}
              <Actions onChoose={onChoose} />
            </>
          )}
        </>
      )}
      {!model && error && <ErrorInline error={error} />}
      <Notices />
      {model && <About model={model} />}
    </aside>
  );
}

/** Says why this tool alone is not on the GPU. */
function ToolOnProcessor() {
  const devices = useDevices();
  const selected = useScreen((screen) => screen.selected);
  const models = useScreen((screen) => screen.models);
  const device = deviceFor(devices, selected === null ? [] : networksOf(models, selected));
  if (device?.kind !== 'cpu' || device.scope !== 'tool' || !device.reason) return null;
  return <ErrorInline error={device.reason} tone="amber" />;
}

/** Notices that stop nothing; a person can close each. */
function Notices() {
  const notices = useScreen((screen) => screen.app.notices);
  const closed = useScreen((screen) => screen.closedNotices);
  const open = notices.filter((notice) => !closed.includes(keyOf(notice)));
  if (open.length === 0) return null;
  return (
    <section className={styles.notices} aria-label={words.notices.label} data-testid="notices">
      {open.map((notice) => (
        <ErrorInline
          key={keyOf(notice)}
          error={notice}
          tone="amber"
          onClose={() => setScreen({ closedNotices: [...closed, keyOf(notice)] })}
        />
      ))}
    </section>
  );
}
