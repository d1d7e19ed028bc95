import { type ReactNode, useId } from 'react';
import { Choice, type ChoiceProps } from './Choice';
import styles from './options.module.css';

/** A choice among options, with its name beside it. @param children further `dd` of the row: a hint, another control. */
export function ChoiceRow<T extends string>({
  name,
  children,
  ...choice
}: Omit<ChoiceProps<T>, 'labelledBy'> & { name: ReactNode; children?: ReactNode }) {
  const id = useId();
  return (
    <div>
      <dt id={id}>{name}</dt>
      <dd>
        <Choice labelledBy={id} {...choice} />
      </dd>
      {children}
    </div>
  );
}

/** What a person should know of an option, below its control. */
export const Hint = ({ children }: { children: ReactNode }) => (
  <dd className={`small quiet ${styles.hint}`}>{children}</dd>
);
