import { ImagePlus } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Button } from '../parts/Button';
import { ErrorInline } from '../parts/ErrorInline';
import { openSample } from '../picture/open';
import { setScreen, useScreen } from '../store';

/** Nothing is open yet: one place to drop, one button, the tool's own sample. */
export function DropZone({ onChoose }: { onChoose: () => void }) {
  const { t } = useTranslation();
  const error = useScreen((screen) => screen.pictureError);
  const busy = useScreen((screen) => screen.busy);
  const hasTool = useScreen((screen) => screen.selected !== null);
  return (
    <div className="empty">
      <div className="empty-zone">
        <ImagePlus size={32} strokeWidth={1.5} aria-hidden className="empty-icon" />
        <div>
          <h2>{busy.kind === 'opening' ? t('picture.opening', { name: busy.name }) : t('picture.dropTitle')}</h2>
          <p className="quiet">{t('picture.dropHint')}</p>
        </div>
        <div className="empty-buttons">
          <Button look="primary" onClick={onChoose} data-testid="open">
            {t('picture.open')} <span className="key">{t('picture.openKey')}</span>
          </Button>
          <Button onClick={() => void openSample()} disabled={!hasTool} data-testid="sample">
            {t('picture.sample')}
          </Button>
        </div>
      </div>
      {error && (
        <div className="empty-error">
          <ErrorInline error={error} onClose={() => setScreen({ pictureError: null })} />
        </div>
      )}
    </div>
  );
}
