import { X } from 'lucide-react';
import { Popover } from 'radix-ui';
import { type ReactNode, useId } from 'react';
import { words } from '../../words/window';
import styles from './status.module.css';

/** Whether the card is open. The parent keeps it, because a choice in the card may put another card in its place. */
export interface CardOpening {
  open: boolean;
  onOpen(open: boolean): void;
}

interface Props extends CardOpening {
  /** The button's content. */
  trigger: ReactNode;
  look: 'plain' | 'amber';
  title: string;
  /** Of the button; the card's is this and `-card`. */
  testId: string;
  children: ReactNode;
}

/** A button of the status line, with the card that it opens. */
export function StatusCard({ trigger, look, title, testId, open, onOpen, children }: Props) {
  const id = useId();
  return (
    <Popover.Root open={open} onOpenChange={onOpen}>
      <Popover.Trigger className={styles.cardButton} data-look={look} data-testid={testId}>
        {trigger}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className={styles.card}
          side="top"
          align="start"
          sideOffset={8}
          collisionPadding={12}
          aria-labelledby={id}
          data-testid={`${testId}-card`}
        >
          <h2 id={id}>{title}</h2>
          {children}
          <Popover.Close className={styles.cardClose} aria-label={words.why.close}>
            <X size={16} aria-hidden />
          </Popover.Close>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
