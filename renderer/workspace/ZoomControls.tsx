import { Minus, Plus } from 'lucide-react';
import { words } from '../../words/window';
import { useScreen } from '../store';
import styles from './status.module.css';
import { zoomBy, zoomFit, zoomFull } from './zoom';

/** Buttons that zoom. They lie beside the picture, because nothing may cover it. */
export function ZoomControls() {
  const hasPicture = useScreen((screen) => screen.app.picture !== null);
  const fits = useScreen((screen) => screen.view.kind === 'fit');
  if (!hasPicture) return null;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms
    <div className={styles.zoom} role="group" aria-label={words.zoom.label}>
      <button
        type="button"
        onClick={() => zoomBy(0.8)}
        disabled={fits}
        title={words.zoom.out}
        aria-label={words.zoom.out}
        data-testid="zoom-out"
      >
        <Minus size={16} aria-hidden />
      </button>
      <button type="button" onClick={zoomFit} aria-pressed={fits} title={words.zoom.fitHint} data-testid="zoom-fit">
        {words.zoom.fit}
      </button>
      <button type="button" onClick={zoomFull} title={words.zoom.fullHint} data-testid="zoom-full">
        {words.zoom.full}
      </button>
      <button
        type="button"
        onClick={() => zoomBy(1.25)}
        title={words.zoom.in}
        aria-label={words.zoom.in}
        data-testid="zoom-in"
      >
        <Plus size={16} aria-hidden />
      </button>
    </div>
  );
}
