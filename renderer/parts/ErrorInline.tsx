import { AlertTriangle, ChevronRight, CircleAlert, X } from 'lucide-react';
import type { ErrorReport } from '../../app/errors';
import { wordsOf } from '../../words/errors';
import { words } from '../../words/window';
import { restart } from '../setup/commands';
import { Button } from './Button';
import detailsStyles from './details.module.css';
import errorStyles from './error.module.css';

interface Props {
  error: ErrorReport;
  /** `amber` if everything goes on, only differently. */
  tone?: 'red' | 'amber';
  onClose?: () => void;
}

/** An error beside what it is about: what happened, what to do, details folded. */
export function ErrorInline({ error, tone = 'red', onClose }: Props) {
  const { message, remedy } = wordsOf(error);
  const Icon = tone === 'red' ? CircleAlert : AlertTriangle;
  return (
    <div
      className={`${errorStyles.error} ${errorStyles[tone]}`}
      role={tone === 'red' ? 'alert' : 'status'}
      data-testid="error-inline"
      data-code={error.code}
    >
      <Icon size={16} aria-hidden className={errorStyles.icon} />
      <div className={errorStyles.words}>
        <p className={errorStyles.message}>{message}</p>
        <p>{remedy}</p>
        <Details text={error.detail} />
        <Remedy code={error.code} />
      </div>
      {onClose && (
        <button type="button" className={errorStyles.close} aria-label={words.error.dismiss} onClick={onClose}>
          <X size={16} aria-hidden />
        </button>
      )}
    </div>
  );
}

/** A button for the remedy, if one click is the remedy. */
function Remedy({ code }: Pick<ErrorReport, 'code'>) {
  if (code !== 'INSTALL_REPLACED' && code !== 'INSTALL_GONE') return null;
  return (
    <Button onClick={() => void restart()} data-testid="restart">
      {code === 'INSTALL_GONE' ? words.error.close : words.error.restart}
    </Button>
  );
}

/** The library's own words, folded away; nothing if there are none. */
export function Details({ text }: { text: string }) {
  if (text === '') return null;
  return (
    <details className={detailsStyles.details}>
      <summary>
        <ChevronRight size={14} aria-hidden />
        {words.error.details}
      </summary>
      <pre>{text}</pre>
    </details>
  );
}
