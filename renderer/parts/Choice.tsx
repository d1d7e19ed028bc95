import { ToggleGroup } from 'radix-ui';
import type { ReactNode } from 'react';
import styles from './choice.module.css';

export interface ChoiceProps<T extends string> {
  /** Id of the text that names the choice. */
  labelledBy: string;
  value: T;
  options: readonly T[];
  labels: Readonly<Record<T, ReactNode>>;
  /** An option's test id is this and the option's value. */
  testId: string;
  disabled?: boolean;
  onChoose(value: T): void;
}

/** A choice among a few, side by side. One is always chosen: pressing it again changes nothing. */
export function Choice<T extends string>({
  labelledBy,
  value,
  options,
  labels,
  testId,
  disabled = false,
  onChoose,
}: ChoiceProps<T>) {
  return (
    <ToggleGroup.Root
      className={styles.choice}
      type="single"
      value={value}
      disabled={disabled}
      aria-labelledby={labelledBy}
      data-testid={testId}
      onValueChange={(pressed) => {
        const chosen = options.find((option) => option === pressed);
        if (chosen) onChoose(chosen);
      }}
    >
      {options.map((option) => (
        <ToggleGroup.Item key={option} value={option} data-testid={`${testId}-${option}`}>
          {labels[option]}
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  );
}
