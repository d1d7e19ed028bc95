import type { ComponentProps, ReactNode } from 'react';
import styles from './button.module.css';

type Look = 'primary' | 'plain' | 'quiet';

/** A button of one of three weights; there is one `primary` on a screen. */
export function Button({ look = 'plain', className = '', ...rest }: ComponentProps<'button'> & { look?: Look }) {
  return <button type="button" className={`${styles.button} ${styles[look]} ${className}`} {...rest} />;
}

/** The name of the key that does the same as the button. */
export const Key = ({ children }: { children: ReactNode }) => <span className={styles.key}>{children}</span>;
