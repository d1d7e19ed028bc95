import { ImagePlus } from 'lucide-react';
import { words } from '../../words/window';
import { Button, Key } from '../parts/Button';
import { ErrorInline } from '../parts/ErrorInline';
import { openSample } from '../picture/open';
import { setScreen, useScreen } from '../store';
import styles from './workspace.module.css';

/** The stage before a picture is open: one place to drop, one button, the tool's own sample. */
export function DropZone({ onChoose }: { onChoose: () => void }) {
  const error = useScreen((screen) => screen.pictureError);
  const busy = useScreen((screen) => screen.busy);
  const hasTool = useScreen((screen) => screen.selected !== null);
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
          <Button onClick={() => void openSample()} disabled={!hasTool} data-testid="sample">
            {words.picture.sample}
          </Button>
        </div>
      </div>
      {error && (
        <div>
          <ErrorInline error={error} onClose={() => setScreen({ pictureError: null })} />
        </div>
      )}
    </div>
  );
}
