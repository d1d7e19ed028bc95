import { ToggleGroup } from 'radix-ui';
import { useTranslation } from 'react-i18next';
import type { ModelInfo } from '../../app/contract';
import { scaleOf } from '../../app/pictureLimits';
import type { Format } from '../picture/name';
import { setScreen, shownResult, useScreen } from '../store';

const formats: { value: Format; label: string }[] = [
  { value: 'png', label: 'PNG' },
  { value: 'jpeg', label: 'JPEG' },
  { value: 'webp', label: 'WebP' },
];

const isFormat = (value: string): value is Format => formats.some((format) => format.value === value);

/** What comes out: format, size, where to. */
export function OutputOptions({ model }: { model: ModelInfo }) {
  const { t } = useTranslation();
  const format = useScreen((screen) => screen.format);
  const picture = useScreen((screen) => screen.picture);
  const saving = useScreen((screen) => screen.saving);
  const transparent = useScreen((screen) => shownResult(screen)?.transparent === true);
  const scale = scaleOf(model);
  return (
    <dl className="options">
      <div>
        <dt id="output-format">{t('panel.output')}</dt>
        <dd>
          <ToggleGroup.Root
            className="formats"
            type="single"
            value={format}
            aria-labelledby="output-format"
            data-testid="format"
            // Pressing the chosen one again would leave none.
            onValueChange={(value) => isFormat(value) && setScreen({ format: value, saving: { kind: 'no' } })}
          >
            {formats.map(({ value, label }) => (
              <ToggleGroup.Item key={value} value={value} data-testid={`format-${value}`}>
                {label}
              </ToggleGroup.Item>
            ))}
          </ToggleGroup.Root>
        </dd>
      </div>
      {picture && (
        <div>
          <dt>{t('panel.size')}</dt>
          <dd className="number">
            {t('status.size', { width: picture.width * scale, height: picture.height * scale })}
          </dd>
        </div>
      )}
      <div>
        <dt>{t('panel.where')}</dt>
        <dd className="option-where" title={saving.kind === 'saved' ? saving.folder : undefined}>
          {saving.kind === 'saved' ? saving.folder : t('panel.whereAsk')}
        </dd>
      </div>
      {transparent && format === 'jpeg' && <p className="small quiet">{t('panel.jpegWhite')}</p>}
    </dl>
  );
}
