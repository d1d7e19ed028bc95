import { ChevronRight } from 'lucide-react';
import type { ModelInfo } from '../../app/contract';
import { words } from '../../words/window';
import { Versions } from '../weights/Versions';

/** Whose work the tool is, folded away. */
export function About({ model }: { model: ModelInfo }) {
  const { spdx, holder, origin } = model.licence;
  return (
    <details className="details about">
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
