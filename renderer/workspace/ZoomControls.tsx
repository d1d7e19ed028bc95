import { Minus, Plus } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useScreen } from '../store';
import { zoomBy, zoomFit, zoomFull } from './zoom';

/** Zoom from the mouse or the keyboard; off the picture, which nothing lies over. */
export function ZoomControls() {
  const { t } = useTranslation();
  const hasPicture = useScreen((screen) => screen.app.picture !== null);
  const fits = useScreen((screen) => screen.view.kind === 'fit');
  if (!hasPicture) return null;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms
    <div className="zoom" role="group" aria-label={t('zoom.label')}>
      <button
        type="button"
        onClick={() => zoomBy(0.8)}
        disabled={fits}
        title={t('zoom.out')}
        aria-label={t('zoom.out')}
        data-testid="zoom-out"
      >
        <Minus size={16} aria-hidden />
      </button>
      <button type="button" onClick={zoomFit} aria-pressed={fits} title={t('zoom.fitHint')} data-testid="zoom-fit">
        {t('zoom.fit')}
      </button>
      <button type="button" onClick={zoomFull} title={t('zoom.fullHint')} data-testid="zoom-full">
        {t('zoom.full')}
      </button>
      <button
        type="button"
        onClick={() => zoomBy(1.25)}
        title={t('zoom.in')}
        aria-label={t('zoom.in')}
        data-testid="zoom-in"
      >
        <Plus size={16} aria-hidden />
      </button>
    </div>
  );
}
