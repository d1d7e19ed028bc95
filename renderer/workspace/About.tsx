import { ChevronRight } from 'lucide-react';
import type { ModelInfo } from '../../app/contract';
import { words } from '../../words/window';
import detailsStyles from '../parts/details.module.css';
import { Versions } from '../weights/Versions';
import styles from './panel.module.css';

/** Says, folded away, who made the tool's network. */
export function About({ model }: { model: ModelInfo }) {
  const { spdx, holder, origin } = model.licence;
  return (
    <details className={`${detailsStyles.details} ${styles.about}`} data-testid="about">
      <summary>
        <ChevronRight size={14} aria-hidden />
        {words.panel.about}
      </summary>
      <dl>
        <dt>{words.panel.holder}</dt>
        <dd>{holder}</dd>
        <dt>{words.panel.licence}</dt>
        <dd>{spdx}</dd>
        <dt>{words.panel.origin}</dt>
        <dd>{origin}</dd>
      </dl>
      <Versions model={model} />
    </details>
  );
}
