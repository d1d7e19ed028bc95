/** One line of `refit doctor`. */
export interface Finding {
  area: string;
  /** `fact`: neither good nor bad by itself. */
  state: 'fact' | 'good' | 'broken';
  text: string;
}

export const fact = (area: string, text: string): Finding => ({ area, state: 'fact', text });
export const good = (area: string, text: string): Finding => ({ area, state: 'good', text });
export const broken = (area: string, text: string): Finding => ({ area, state: 'broken', text });
