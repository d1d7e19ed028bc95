import { useTranslation } from 'react-i18next';
import type { TextRegion } from '../../models/tool';
import { Choice } from '../parts/Choice';
import { setScreen, useScreen } from '../store';
import { formatFor, textFormats } from './take';

/** What the text is saved as. */
export function TextFormats({ regions }: { regions: readonly TextRegion[] }) {
  const { t } = useTranslation();
  const format = useScreen((screen) => formatFor(regions, screen.textFormat));
  if (regions.length === 0) return null;
  return (
    <dl className="options">
      <div>
        <dt id="text-format">{t('text.format')}</dt>
        <dd>
          <Choice
            labelledBy="text-format"
            testId="text-format"
            value={format}
            options={textFormats(regions).map((value) => ({ value, label: t(`text.formats.${value}`) }))}
            onChoose={(textFormat) => setScreen({ textFormat, saving: { kind: 'no' } })}
          />
        </dd>
      </div>
      <p className="small quiet">{t(`text.about.${format}`)}</p>
    </dl>
  );
}
