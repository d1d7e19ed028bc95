import type { ReactNode } from 'react';
import { ToolIcon } from '../parts/ToolIcon';
import { useScreen } from '../store';

interface Props {
  model: string;
  tone?: 'amber' | undefined;
  /** Right end: a state in a word or an icon. */
  end: ReactNode;
  children: ReactNode;
}

/** One tool's line on the first screen; all three states use it, so that nothing jumps. */
export function ToolRow({ model, tone, end, children }: Props) {
  const info = useScreen((screen) => screen.models.find((m) => m.id === model));
  return (
    <li className="row" data-testid={`row-${model}`} data-tone={tone}>
      <span className="row-icon">{info && <ToolIcon model={info} />}</span>
      <div className="row-words">
        <p className="row-name">{info?.name ?? model}</p>
        <div className="row-text">{children}</div>
      </div>
      <span className="row-end">{end}</span>
    </li>
  );
}
