/**
 * A screen whose pixels are enlarged, as Windows proposes for most laptops: 125, 150 and 200 %. The window fits on the screen, everything
 * in it shows, and the picture is drawn in the screen's own pixels. `--force-device-scale-factor` does on Linux what Windows' setting does.
 */
import type { Page } from '@playwright/test';
import type { AppState } from '../../app/states';
import { scenes, workScenes } from '../../renderer/dev/scenes';
import { expect, launch, type RunningApp, test } from './app';
import { pictures } from './pictures';
import { pretendState } from './pretend';
import { openScreen, type Screen } from './screen';
import { openPicture, ready } from './steps';

let screen: Screen;
test.beforeAll(async () => {
  screen = await openScreen('1920x1080');
});
test.afterAll(() => screen.close());

const start = (userDataDir: string, scale: number): Promise<RunningApp> =>
  launch({ userDataDir, args: [`--force-device-scale-factor=${scale}`], env: { DISPLAY: screen.name } });

interface Size {
  width: number;
  height: number;
}

/** The part of the screen that windows may have, and the window, in CSS pixels. */
const onScreen = ({ app }: RunningApp): Promise<{ room: Size; window: Size; smallest: Size }> =>
  app.evaluate(({ BrowserWindow, screen: screens }) => {
    const shown = BrowserWindow.getAllWindows()[0];
    const [width = 0, height = 0] = shown?.getSize() ?? [];
    const [least = 0, low = 0] = shown?.getMinimumSize() ?? [];
    return {
      room: screens.getPrimaryDisplay().workAreaSize,
      window: { width, height },
      smallest: { width: least, height: low },
    };
  });

async function resize({ app, window }: RunningApp, { width, height }: Size): Promise<void> {
  const contents = await app.browserWindow(window);
  await contents.evaluate((shown, [w, h]) => shown.setContentSize(w, h), [width, height] as const);
  await window.waitForFunction(([w, h]) => innerWidth === w && innerHeight === h, [width, height] as const);
}

/** What of the page lies beyond the window or is cut by what holds it, and cannot be scrolled to. */
const cutOff = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const cut: string[] = [];
    const says = (element: Element): string =>
      `${element.tagName.toLowerCase()}.${element.getAttribute('data-testid') ?? element.className}: ${element.textContent?.slice(0, 40)}`;
    for (const element of document.querySelectorAll('body *')) {
      // A picture is drawn beyond its stage's edge by right; names that end in an ellipsis tell the rest where they are pointed at.
      if (element.closest('svg, canvas, [data-testid="stage"]') || !element.checkVisibility()) continue;
      const own = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim());
      if (!own && !element.matches('button, input, select, summary')) continue;
      const box = element.getBoundingClientRect();
      // For readers of the screen alone.
      if (box.width <= 1 || box.height <= 1) continue;
      let [left, right, top, bottom] = [0, innerWidth, 0, innerHeight];
      // Within what can be scrolled, all of it can be brought into sight.
      const scrolled = { x: false, y: false };
      let endsInDots = false;
      for (let holder: Element | null = element; holder; holder = holder.parentElement) {
        const style = getComputedStyle(holder);
        if (style.textOverflow === 'ellipsis') endsInDots = true;
        if (holder === element || style.overflowX === 'visible') continue;
        const edge = holder.getBoundingClientRect();
        const scrolls = (how: string): boolean => how === 'auto' || how === 'scroll';
        if (scrolls(style.overflowX)) scrolled.x = true;
        else if (!scrolled.x) [left, right] = [Math.max(left, edge.left), Math.min(right, edge.right)];
        if (scrolls(style.overflowY)) scrolled.y = true;
        else if (!scrolled.y) [top, bottom] = [Math.max(top, edge.top), Math.min(bottom, edge.bottom)];
      }
      const beyondX = !scrolled.x && (box.left < left - 1 || box.right > right + 1);
      const beyondY = !scrolled.y && (box.top < top - 1 || box.bottom > bottom + 1);
      const within =
        !endsInDots &&
        element.scrollWidth > element.clientWidth + 1 &&
        getComputedStyle(element).overflowX === 'hidden';
      if (beyondX || beyondY || within) cut.push(says(element));
    }
    if (document.documentElement.scrollWidth > innerWidth) cut.push('the page is wider than the window');
    return cut;
  });

/** What stays in place at an edge, and cuts through a row that scrolls beneath it without the row fading, as if it ended there. */
const hardCuts = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const cuts: string[] = [];
    for (const foot of document.querySelectorAll('body *')) {
      const { position, bottom } = getComputedStyle(foot);
      if (position !== 'sticky' || bottom === 'auto' || !foot.checkVisibility()) continue;
      const edge = foot.getBoundingClientRect();
      const beneath = [...(foot.parentElement?.querySelectorAll('*') ?? [])].find((row) => {
        const box = row.getBoundingClientRect();
        return !foot.contains(row) && !row.contains(foot) && box.top < edge.top && box.bottom > edge.top + 1;
      });
      const fade = getComputedStyle(foot, '::before');
      const fades = fade.backgroundImage.includes('gradient') && Number.parseFloat(fade.height) >= 8;
      if (beneath && !fades) cuts.push(`${foot.className} cuts ${beneath.textContent?.slice(0, 40)}`);
    }
    return cuts;
  });

/** Names that do not stand level with the words of the button beside them, and names that digits of equal width pull apart. */
const uneven = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const words = (element: Element): Text | undefined =>
      [...element.childNodes].find((node): node is Text => node instanceof Text && node.data.trim() !== '');
    const middle = (text: Text): number => {
      const range = document.createRange();
      range.selectNodeContents(text);
      const box = range.getBoundingClientRect();
      return box.top + box.height / 2;
    };
    const rows = [...document.querySelectorAll('dl > div')].filter((row) => row.checkVisibility());
    return rows.flatMap((row) => {
      const [term, facts] = [row.querySelector('dt'), row.querySelector('dd')];
      const button = [...row.querySelectorAll('dd button')].find(words);
      const [name, label] = [term && words(term), button && words(button)];
      const isOneLine = term && button && term.getBoundingClientRect().bottom > button.getBoundingClientRect().top;
      if (name && label && isOneLine && Math.abs(middle(name) - middle(label)) > 1.5)
        return [`${name.data} stands ${middle(name) - middle(label)} px below ${label.data}`];
      const isTabular = facts && /[a-z]-/i.test(facts.textContent ?? '') && getComputedStyle(facts).fontVariantNumeric;
      return isTabular && isTabular !== 'normal' ? [`${facts.textContent} has the digits of a table`] : [];
    });
  });

/** Each screen that a person meets, as the window is given it. */
const shown: [string, AppState, string][] = [
  ['found', scenes.found as AppState, 'first-run-found'],
  ['preparing', scenes.preparingSome as AppState, 'first-run-preparing'],
  ['prepared', scenes.prepared as AppState, 'first-run-prepared'],
  ['ready', scenes.gpu as AppState, 'open'],
  ['several', workScenes.pictureSeveral as AppState, 'picture-size'],
  ['done', workScenes.done as AppState, 'save'],
  ['faces', workScenes.faces as AppState, 'save'],
  ['text', workScenes.text as AppState, 'picture-size'],
];

for (const scale of [1.25, 1.5, 2])
  test(`at ${scale * 100} % the window is on the screen, and no word or button is cut off`, async ({ userDataDir }) => {
    const refit = await start(userDataDir, scale);
    const { window } = refit;
    await ready(refit);
    expect(await window.evaluate(() => devicePixelRatio)).toBeCloseTo(scale);
    const { room, window: first, smallest } = await onScreen(refit);
    for (const size of [first, smallest]) {
      expect(size.width).toBeLessThanOrEqual(room.width);
      expect(size.height).toBeLessThanOrEqual(room.height);
    }
    for (const [name, state, there] of shown)
      await test.step(name, async () => {
        await pretendState(refit, state);
        await expect(window.getByTestId(there)).toBeVisible();
        for (const [which, size] of [
          ['small', smallest],
          ['large', room],
        ] as const) {
          await resize(refit, size);
          await expect.poll(() => cutOff(window)).toEqual([]);
          expect([...(await hardCuts(window)), ...(await uneven(window))]).toEqual([]);
          for (const colorScheme of ['light', 'dark'] as const) {
            await window.emulateMedia({ colorScheme });
            await refit.screenshot(`scale-${scale}-${name}-${which}-${colorScheme}`);
          }
        }
      });
    await refit.close();
  });

test('a picture is drawn in the pixels of the screen, and of the next one that the window comes to', async ({
  userDataDir,
}) => {
  const refit = await start(userDataDir, 1.25);
  const { window } = refit;
  await ready(refit);
  await openPicture(refit, await pictures['fast-x4']());
  const canvas = window.getByTestId('original-canvas');
  /** Pixels of the canvas less those that it covers on the screen. */
  const amiss = () =>
    canvas.evaluate((element) => {
      const { width, height } = element as HTMLCanvasElement;
      const box = element.getBoundingClientRect();
      return [width - box.width * devicePixelRatio, height - box.height * devicePixelRatio].map((by) =>
        Math.abs(Math.round(by)),
      );
    });
  await expect.poll(amiss).toEqual([0, 0]);
  const cdp = await window.context().newCDPSession(window);
  const [width, height] = await window.evaluate(() => [innerWidth, innerHeight] as const);
  await cdp.send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 2, mobile: false });
  await expect.poll(() => window.evaluate(() => devicePixelRatio)).toBeCloseTo(2);
  await expect.poll(amiss).toEqual([0, 0]);
  await refit.close();
});
