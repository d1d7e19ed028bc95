import { RadioGroup } from 'radix-ui';
import styles from './optionList.module.css';

export interface Option<T extends string> {
  value: T;
  name: string;
  /** A line below it. */
  note?: string | undefined;
  /** At its right end. */
  end?: string | undefined;
  disabled?: boolean;
}

interface Props<T extends string> {
  /** Id of the text that names the choice. */
  labelledBy: string;
  value: T;
  options: readonly Option<T>[];
  /** An option's test id is this and the option's value. */
  testId: string;
  onChoose(value: T): void;
}

/** A choice among a few, one below the other, each with a note. One is always chosen. */
export function OptionList<T extends string>({ labelledBy, value, options, testId, onChoose }: Props<T>) {
  return (
    <RadioGroup.Root
      className={styles.list}
      value={value}
      aria-labelledby={labelledBy}
      data-testid={testId}
      onValueChange={(pressed) => {
        const chosen = options.find((option) => option.value === pressed);
        if (chosen) onChoose(chosen.value);
      }}
    >
      {options.map((option) => (
        <RadioGroup.Item
          key={option.value}
          className={styles.option}
          value={option.value}
          disabled={option.disabled}
          data-testid={`${testId}-${option.value}`}
        >
          <span className={styles.radio}>
            <RadioGroup.Indicator className={styles.radioDot} />
          </span>
          <span className={styles.words}>
            <span className={styles.name}>{option.name}</span>
            {option.note && <span className={styles.note}>{option.note}</span>}
          </span>
          {option.end && <span className={`${styles.end} number`}>{option.end}</span>}
        </RadioGroup.Item>
      ))}
    </RadioGroup.Root>
  );
}
