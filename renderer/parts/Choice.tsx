import { ToggleGroup } from 'radix-ui';
import type { ReactNode } from 'react';
import styles from './choice.module.css';

interface Props<T extends string> {
  /** Id of the text that names the choice. */
  labelledBy: string;
  value: T;
  options: readonly { value: T; label: ReactNode }[];
  /** An option's test id is this and the option's value. */
  testId: string;
  disabled?: boolean;
  onChoose(value: T): void;
}

/** A choice among a few, side by side. One is always chosen: pressing it again changes nothing. */
export function Choice<T extends string>({ labelledBy, value, options, testId, disabled = false, onChoose }: Props<T>) {
  return (
    <ToggleGroup.Root
      className={styles.choice}
      type="single"
      value={value}
      disabled={disabled}
      aria-labelledby={labelledBy}
      data-testid={testId}
      onValueChange={(pressed) => {
        const chosen = options.find((option) => option.value === pressed);
        if (chosen) onChoose(chosen.value);
      }}
    >
      {options.map((option) => (
        <ToggleGroup.Item key={option.value} value={option.value} data-testid={`${testId}-${option.value}`}>
          {option.label}
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  );
}
