import { ImagePlus } from 'lucide-react';
import { words } from '../../words/window';
import { Button, Key } from '../parts/Button';
import { ErrorInline } from '../parts/ErrorInline';
import { openSample } from '../picture/open';
import { chooseFor } from '../queue/commands';
import { Left } from '../queue/Ending';
import { setQueueScreen, useQueue } from '../queue/store';
import { setScreen, useScreen } from '../store';
import { RecentList } from './RecentList';
import styles from './workspace.module.css';

/** The stage before a picture is open: one place to drop, one button, the tool's own sample. */
export function DropZone({ onChoose }: { onChoose: () => void }) {
  const pictureError = useScreen((screen) => screen.pictureError);
  const queueError = useQueue((screen) => screen.error);
  const error = pictureError ?? queueError;
  const busy = useScreen((screen) => screen.busy);
  const hasTool = useScreen((screen) => screen.selected !== null);
  const close = () => {
    setScreen({ pictureError: null });
    setQueueScreen({ error: null });
  };
  return (
    <div className={styles.empty}>
      <div className={styles.zone}>
        <ImagePlus size={32} strokeWidth={1.5} aria-hidden className={styles.icon} />
        <div>
          <h2>{busy.kind === 'opening' ? words.picture.opening({ name: busy.name }) : words.picture.dropTitle}</h2>
          <p className="quiet">{words.picture.dropHint}</p>
        </div>
        <div className={styles.buttons}>
          <Button look="primary" onClick={onChoose} data-testid="open">
            {words.picture.open} <Key>{words.picture.openKey}</Key>
          </Button>
          <Button onClick={() => void chooseFor('folder')} data-testid="open-folder">
            {words.picture.openFolder} <Key>{words.picture.openFolderKey}</Key>
          </Button>
          <Button look="quiet" onClick={() => void openSample()} disabled={!hasTool} data-testid="sample">
            {words.picture.sample}
          </Button>
        </div>
      </div>
      <Left />
      <RecentList />
      {error && (
        <div>
          <ErrorInline error={error} onClose={close} />
        </div>
      )}
    </div>
  );
}
