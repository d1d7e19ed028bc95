/** All the work without a mouse: a picture opened, a tool chosen and started, before and after compared, saved. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, type RunningApp, test } from './app';
import { decode, encode, pictures } from './pictures';
import { answerSaveDialog, ready } from './steps';

interface Focused {
  /** The element's test id or, without one, its words. */
  name: string;
  /** Whether a ring of 2 CSS pixels or more, of the element or of a child, shows inside the window. */
  isSeen: boolean;
}

/** The element that has the focus; null if none has. */
const focused = ({ window }: RunningApp): Promise<Focused | null> =>
  window.evaluate(() => {
    const element = document.activeElement;
    if (!(element instanceof HTMLElement) || element === document.body) return null;
    const { left, top, right, bottom } = element.getBoundingClientRect();
    const hasRing = [element, ...element.querySelectorAll('*')].some((part) => {
      const { outlineStyle, outlineWidth } = getComputedStyle(part);
      return outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2;
    });
    return {
      name: element.dataset.testid ?? element.textContent?.trim() ?? element.tagName,
      isSeen:
        element.matches(':focus-visible') &&
        hasRing &&
        right > 0 &&
        bottom > 0 &&
        left < innerWidth &&
        top < innerHeight,
    };
  });

/** Presses Tab until `name` has the focus; every stop on the way shows that it has it. @returns the stops. */
async function tabTo(refit: RunningApp, name: string, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<string[]> {
  const stops: string[] = [];
  while (stops.at(-1) !== name) {
    if (stops.length > 40) throw new Error(`Tab does not come to ${name}, only to ${stops.join(', ')}`);
    await refit.window.keyboard.press(key);
    const stop = await focused(refit);
    if (!stop) continue;
    expect.soft(stop, `the focus on ${stop.name}`).toMatchObject({ isSeen: true });
    stops.push(stop.name);
  }
  return stops;
}

/** Opens a picture by Ctrl+O and the file dialog that it brings. */
async function openByKey({ window }: RunningApp): Promise<void> {
  const asked = window.waitForEvent('filechooser');
  await window.keyboard.press('Control+o');
  const chooser = await asked;
  await chooser.setFiles({ name: 'cat.png', mimeType: 'image/png', buffer: encode(await pictures['fast-x4']()) });
  await expect(window.getByTestId('picture-size')).toContainText('144 × 96');
}

/** The share of the picture's place on the stage that the result's clip hides at the left, 0 to 1. */
const hiddenShare = ({ window }: RunningApp): Promise<number> =>
  window.getByTestId('result-canvas').evaluate((canvas) => {
    // Chromium shortens four zeros to one.
    const [, left = '0'] = /^inset\(0px(?: 0px 0px ([\d.]+)px)?\)$/.exec(getComputedStyle(canvas).clipPath) ?? [
      '',
      'none',
    ];
    const frame = document.querySelector('[data-testid="frame"]')?.getBoundingClientRect();
    if (!frame) throw new Error('Expected a frame under the canvas');
    return (Number(left) + canvas.getBoundingClientRect().left - frame.left) / frame.width;
  });

const shownWidth = async ({ window }: RunningApp): Promise<number> =>
  (await window.getByTestId('frame').boundingBox())?.width ?? 0;

test('opens, starts, compares, zooms and saves by the keyboard alone', async ({ refit, userDataDir }) => {
  const { window } = refit;
  await ready(refit);
  await openByKey(refit);

  await tabTo(refit, 'tool-fast-x4');
  await window.keyboard.press('Enter');
  await expect(window.getByTestId('tool-title')).toHaveText('Fast ×4');
  await tabTo(refit, 'start');
  await refit.screenshots('keyboard-start');
  await window.keyboard.press('Enter');
  await expect(window.getByTestId('save')).toBeVisible({ timeout: 90_000 });

  await tabTo(refit, 'compare', 'Shift+Tab');
  const slider = window.getByTestId('compare');
  await expect(slider).toHaveAttribute('aria-valuenow', '50');
  expect(await hiddenShare(refit)).toBeCloseTo(0.5, 2);
  for (let i = 0; i < 5; i++) await window.keyboard.press('ArrowRight');
  await expect(slider).toHaveAttribute('aria-valuenow', '60');
  await expect(slider).toHaveAttribute('aria-valuetext', '60 % before');
  expect(await hiddenShare(refit)).toBeCloseTo(0.6, 2);
  await window.keyboard.press('Shift+ArrowLeft');
  await expect(slider).toHaveAttribute('aria-valuenow', '50');
  await window.keyboard.press('Home');
  expect(await hiddenShare(refit)).toBeCloseTo(0, 2);
  await window.keyboard.press('End');
  expect(await hiddenShare(refit)).toBeCloseTo(1, 2);
  await window.keyboard.press('Shift+ArrowLeft');
  await refit.screenshots('keyboard-compare');

  const fits = await shownWidth(refit);
  await window.keyboard.press('+');
  expect(await shownWidth(refit)).toBeCloseTo(fits * 1.25, 0);
  await window.keyboard.press('1');
  const full = (144 * 4) / (await window.evaluate(() => devicePixelRatio));
  expect(await shownWidth(refit)).toBeCloseTo(Math.max(full, fits), 0);
  await window.keyboard.press('0');
  expect(await shownWidth(refit)).toBeCloseTo(fits, 0);

  const file = path.join(userDataDir, 'by-key.png');
  await answerSaveDialog(refit, file);
  await window.keyboard.press('Control+s');
  await expect(window.getByTestId('saved')).toContainText('by-key.png');
  const { width, height } = decode(await readFile(file));
  expect([width, height]).toEqual([576, 384]);
});

test('Tab comes to everything that can be pressed, and round to where it began', async ({ refit }) => {
  const { window } = refit;
  await ready(refit);
  await openByKey(refit);
  await tabTo(refit, 'tool-photo-x4');
  const stops = await tabTo(refit, 'tool-photo-x4');
  const wanted = await window
    .locator('button:enabled:visible, summary:visible')
    .evaluateAll((all) =>
      (all as HTMLElement[])
        .filter((element) => element.tabIndex >= 0 && element.ariaDisabled !== 'true')
        .map((element) => element.dataset.testid ?? element.textContent?.trim()),
    );
  expect(wanted.filter((name) => name === undefined || !stops.includes(name))).toEqual([]);
  expect(stops).toContain('stage');
  expect(new Set(stops).size).toBe(stops.length);
});
