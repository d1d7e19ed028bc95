/** Starts the packaged app for a test: `import { expect, test } from './app'`. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { _electron, test as base, type ElectronApplication, type Page, type TestInfo } from '@playwright/test';
import { openScreen } from './screen';

export { expect } from '@playwright/test';

const root = path.resolve(import.meta.dirname, '..', '..');
/** Pictures of what the window showed, one run's only (removeLeftovers.ts). */
export const screensDir = path.join(root, 'test-results', 'screens');
/** No test reads them, and four cost half a second of a core: for whoever wants to look, and where a GPU is rented for the run. */
const keepsScreens = Boolean(process.env.REFIT_SCREENS || process.env.REFIT_E2E_GPU);

/** The packaged app of each platform. */
export const executables: Partial<Record<NodeJS.Platform, string>> = {
  linux: path.join(root, 'release', 'linux-unpacked', 'refit'),
  win32: path.join(root, 'release', 'win-unpacked', 'Refit.exe'),
};
const packaged = executables[process.platform] ?? '';

export interface LaunchOptions {
  /** The app's data folder. A test that passes it again launches the app a second time. */
  userDataDir: string;
  args?: string[];
  /** How Chromium draws, in place of `--disable-gpu`. */
  drawing?: string[];
  /** Added to this process's environment. */
  env?: Record<string, string>;
  /** Another copy of the packaged app (test/e2e/packageCopy.ts). */
  executable?: string | undefined;
}

/** A running app. */
export interface RunningApp {
  app: ElectronApplication;
  window: Page;
  userDataDir: string;
  /** What main wrote to stdout and stderr so far. */
  output(): string;
  /** Keeps what the window shows as `test-results/screens/<name>.jpg`, with REFIT_SCREENS=1. */
  screenshot(name: string): Promise<void>;
  /**
   * The same small and large, each light and dark: `<name>-<width>x<height>-<scheme>.jpg`.
   * `hold` is what must hold at each of the two sizes, whether or not pictures are kept.
   */
  screenshots(name: string, hold?: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

/** Starts the packaged app, and does not wait for its window. @throws Error with what to do where nothing was packaged. */
export async function start({
  userDataDir,
  args = [],
  // Chromium draws in software: on a virtual screen its GPU process fails at each start, and a frame may get lost.
  drawing = ['--disable-gpu'],
  env = {},
  executable = packaged,
}: LaunchOptions): Promise<ElectronApplication> {
  if (!existsSync(executable)) {
    throw new Error(`No packaged app at ${executable || process.platform}: run \`npm run package\` first.`);
  }
  return _electron.launch({
    executablePath: executable,
    cwd: os.tmpdir(),
    args: [
      `--user-data-dir=${userDataDir}`,
      ...drawing,
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      ...args,
    ],
    env: { ...definedEnv(), ...env },
  });
}

/** Starts the packaged app and waits for its window's document. @throws Error as `start`. */
export async function launch(options: LaunchOptions): Promise<RunningApp> {
  const { userDataDir } = options;
  const app = await start(options);
  let output = '';
  for (const stream of [app.process().stdout, app.process().stderr]) {
    stream?.on('data', (data) => {
      output += data;
    });
  }
  const window = await firstWindow(app);
  return {
    app,
    window,
    userDataDir,
    output: () => output,
    screenshot: async (name) => {
      if (keepsScreens) await screenshot(window, name);
    },
    screenshots: async (name, hold) => {
      if (keepsScreens || hold) await screenshots(app, window, name, hold);
    },
    close: async () => {
      // The app may have ended already.
      await neverAsk(app).catch(() => undefined);
      await app.close();
    },
  };
}

/** Its document is there. An app without one would stay until the worker ends. */
async function firstWindow(app: ElectronApplication): Promise<Page> {
  try {
    const window = await app.firstWindow();
    await window.waitForLoadState('domcontentloaded');
    return window;
  } catch (error) {
    app.process().kill('SIGKILL');
    throw error;
  }
}

/** Makes the window close at once, without the question about an unsaved result. */
export const neverAsk = (app: ElectronApplication): Promise<void> =>
  app.evaluate(({ BrowserWindow }) => {
    for (const window of BrowserWindow.getAllWindows()) window.removeAllListeners('close');
  });

/** The app's own log file (main writes it below the user data folder), or '' where there is none. */
export async function readLog(userDataDir: string): Promise<string> {
  return readFile(path.join(userDataDir, 'logs', 'main.log'), 'utf8').catch(() => '');
}

/**
 * Each worker has a screen of its own: two apps on one would take each other's focus and clipboard. `--headed` shows the person's.
 * `executable` is the app that `refit` starts.
 */
export const onScreen = base.extend<object, { display: undefined; executable: string }>({
  executable: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's needs from this pattern
    async ({}, use) => use(packaged),
    { scope: 'worker' },
  ],
  display: [
    async ({ headless }, use) => {
      if (!headless || process.platform !== 'linux') return use(undefined);
      const screen = await openScreen();
      process.env.DISPLAY = screen.name;
      delete process.env.XAUTHORITY;
      await use(undefined);
      screen.close();
    },
    { scope: 'worker', auto: true },
  ],
});

/** `userDataDir` is fresh for every test; `refit` is the app, started on it. */
export const test = onScreen.extend<{ userDataDir: string; refit: RunningApp }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's needs from this pattern
  userDataDir: async ({}, use) => {
    const dir = await mkdtemp(path.join(os.tmpdir(), 'refit-e2e-'));
    await use(dir);
    await rm(dir, { recursive: true, force: true, maxRetries: 3 });
  },
  refit: async ({ userDataDir, executable }, use, testInfo) => {
    const refit = await launch({ userDataDir, executable });
    await use(refit);
    await tellFailure(refit, testInfo);
    await refit.close();
  },
});

/** Keeps what is known of an app whose test failed. */
export async function tellFailure(refit: RunningApp, testInfo: TestInfo): Promise<void> {
  if (testInfo.status === testInfo.expectedStatus) return;
  await screenshot(refit.window, `failed-${testInfo.title}`).catch(() => undefined);
  await testInfo.attach('output', { body: refit.output() });
  await testInfo.attach('log', { body: await readLog(refit.userDataDir) });
}

async function screenshot(window: Page, name: string): Promise<void> {
  await mkdir(screensDir, { recursive: true });
  // Colours fade when the theme changes; the screenshot shows their end. Chromium takes a third of a second of a core for a PNG.
  await window.screenshot({
    animations: 'disabled',
    path: path.join(screensDir, `${name.replace(/[^\w.-]+/g, '-')}.jpg`),
    type: 'jpeg',
    quality: 95,
  });
}

const sizes = [
  [900, 600],
  [1440, 900],
] as const;

async function screenshots(
  app: ElectronApplication,
  window: Page,
  name: string,
  hold?: () => Promise<void>,
): Promise<void> {
  for (const [width, height] of sizes) {
    const contents = await app.browserWindow(window);
    await contents.evaluate((shown, [w, h]) => shown.setContentSize(w, h), [width, height] as const);
    await window.waitForFunction(([w, h]) => innerWidth === w && innerHeight === h, [width, height] as const);
    await hold?.();
    if (!keepsScreens) continue;
    for (const colorScheme of ['light', 'dark'] as const) {
      await window.emulateMedia({ colorScheme });
      await screenshot(window, `${name}-${width}x${height}-${colorScheme}`);
    }
  }
}

function definedEnv(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
