import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { words } from '../../words/window';
import { Button } from '../parts/Button';
import { shownResult, useScreen } from '../store';
import { copyText } from './take';

/** How long the button says that it copied. */
const shownMs = 2500;

/** A button that copies all text, and then says so. */
export function CopyText() {
  const [copied, setCopied] = useState(false);
  const isEmpty = useScreen((screen) => shownResult(screen)?.regions?.length === 0);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), shownMs);
    return () => clearTimeout(timer);
  }, [copied]);
  const Icon = copied ? Check : Copy;
  return (
    <Button
      look="primary"
      disabled={isEmpty}
      onClick={() => void copyText().then(setCopied)}
      aria-live="polite"
      data-testid="copy-all"
    >
      <Icon size={16} aria-hidden />
      {copied ? words.text.copied : words.text.copy}
    </Button>
  );
}
