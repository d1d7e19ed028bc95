import './button.css';
import type { ComponentProps } from 'react';

type Look = 'primary' | 'plain' | 'quiet';

/** A button of one of three weights; there is one `primary` on a screen. */
export function Button({ look = 'plain', className = '', ...rest }: ComponentProps<'button'> & { look?: Look }) {
  return <button type="button" className={`button button-${look} ${className}`} {...rest} />;
}
