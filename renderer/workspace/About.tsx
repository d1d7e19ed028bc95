import { ChevronRight } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { ModelInfo } from '../../app/contract';
import { Versions } from '../weights/Versions';

/** Whose work the tool is, folded away. */
export function About({ model }: { model: ModelInfo }) {
  const { t } = useTranslation();
  const { spdx, holder, origin } = model.licence;
  return (
    <details className="details about">
      <summary>
        <ChevronRight size={14} aria-hidden />
        {t('panel.about')}
      </summary>
      <dl>
        <dt>{t('panel.holder')}</dt>
        <dd>{holder}</dd>
        <dt>{t('panel.licence')}</dt>
        <dd>{spdx}</dd>
        <dt>{t('panel.origin')}</dt>
        <dd>{origin}</dd>
      </dl>
      <Versions model={model} />
    </details>
  );
}
