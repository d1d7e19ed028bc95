import { ToggleGroup } from 'radix-ui';
import { useTranslation } from 'react-i18next';
import type { TextFormat } from '../../app/contract';
import type { TextRegion } from '../../models/tool';
import { setScreen, useScreen } from '../store';
import { formatFor, textFormats } from './take';

/** What the text is saved as. */
export function TextFormats({ regions }: { regions: readonly TextRegion[] }) {
  const { t } = useTranslation();
  const format = useScreen((screen) => formatFor(regions, screen.textFormat));
  if (regions.length === 0) return null;
  const formats = textFormats(regions);
  const choose = (value: string): void => {
    // Pressing the chosen one again would leave none.
    const textFormat = formats.find((each: TextFormat) => each === value);
    if (textFormat) setScreen({ textFormat, saving: { kind: 'no' } });
  };
  return (
    <dl className="options">
      <div>
        <dt id="text-format">{t('text.format')}</dt>
        <dd>
          <ToggleGroup.Root
            className="formats"
            type="single"
            value={format}
            aria-labelledby="text-format"
            data-testid="text-format"
            onValueChange={choose}
          >
            {formats.map((value) => (
              <ToggleGroup.Item key={value} value={value} data-testid={`text-format-${value}`}>
                {t(`text.formats.${value}`)}
              </ToggleGroup.Item>
            ))}
          </ToggleGroup.Root>
        </dd>
      </div>
      <p className="small quiet">{t(`text.about.${format}`)}</p>
    </dl>
  );
}
