/** Checks what the window shows by axe: WCAG 2.0 and 2.1, A and AA, in light and in dark. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, type Page } from '@playwright/test';

const script = path.resolve(import.meta.dirname, '..', '..', 'node_modules', 'axe-core', 'axe.min.js');
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'];

interface Axe {
  run(options: object): Promise<{ violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[] }>;
}

/** Every rule that is broken, with the element and why. */
async function violations(window: Page): Promise<string[]> {
  // axe is evaluated, not loaded: the window's policy lets no script in, and must stay as it is.
  if (!(await window.evaluate(() => 'axe' in globalThis))) await window.evaluate(await readFile(script, 'utf8'));
  return window.evaluate(async (values) => {
    // Colours fade when the theme changes; their end counts.
    for (const animation of document.getAnimations()) if (animation instanceof CSSTransition) animation.finish();
    const { axe } = globalThis as unknown as { axe: Axe };
    const found = await axe.run({ runOnly: { type: 'tag', values }, resultTypes: ['violations'] });
    return found.violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`),
    );
  }, tags);
}

/** Anybody can use what the window shows now. */
export async function expectAccessible(window: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await window.emulateMedia({ colorScheme });
    expect(await violations(window), colorScheme).toEqual([]);
  }
}
