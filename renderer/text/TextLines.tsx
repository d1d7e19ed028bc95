import './text.css';
import { useTranslation } from 'react-i18next';
import type { TextRegion } from '../../models/tool';

/** All text in reading order, to be read and selected without the picture. */
export function TextLines({ regions }: { regions: readonly TextRegion[] }) {
  const { t } = useTranslation();
  return (
    <section className="text-lines" aria-label={t('text.label')} data-testid="text-lines">
      {regions.length === 0 ? (
        <p className="quiet">{t('text.none')}</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
        <div tabIndex={0}>
          {regions.map(({ text, corners: [{ x, y }] }) => (
            <p key={`${x} ${y} ${text}`}>{text}</p>
          ))}
        </div>
      )}
    </section>
  );
}
