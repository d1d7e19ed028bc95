/**
 * The app's entry: opens the window before it reads anything else. It imports little; the rest (index.ts) is read while Chromium draws
 * the page.
 */
// Imported first, so that files which other modules make at their import are readable by this user alone too.
import './umask';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { app, type BrowserWindow, Menu } from 'electron';
import { leftoverName } from '../storage/leftovers';
import { help, runWords } from '../words/commandLine';
import { isOpen, takeLock } from './alone';
import { hasDisplay } from './display';
import { areMany, createInbox, leaveList, pathsIn, pathsOf, takeList } from './given';
import { type Answer, firstAsked, listen } from './window/listen';
import { createWindow, registerScheme } from './window/window';

/** Switches of Chromium's and of tests', which are no words of a command. */
const chromiums =
  /^--(?:no-sandbox|disable-gpu|ozone-platform=.*|user-data-dir=.*|inspect.*|remote-debugging-port=.*)$/;
/** The same as in cli/words.ts, which is not read for the window's sake. */
/** As `nothingToRunOn` in cli/command.ts, which is not read for the window's sake. */
const exitWithoutDisplay = 4;
const isCommand = (first: string | undefined): boolean => ['run', 'doctor', 'help'].includes(first ?? '');

/** `dist/`, beside the asar's package.json or the repository's. */
const dist = path.join(__dirname, '..');

/** What a packaged app's person typed after its name; of one that is developed Electron has the app's folder first. */
const typed = process.argv.slice(app.isPackaged ? 1 : 2);
const ends = typed.includes('--') ? typed.indexOf('--') : typed.length;
const words = typed.filter((word, i) => i >= ends || !chromiums.test(word));
/** Once there is one. */
let opened: BrowserWindow | undefined;
/** What is to be opened, of this start and of later ones. */
const inbox = createInbox();
/** Of a start with many paths, which are left in a file. */
const listSwitch = '--given=';

/** What one start tells another, which may be any process of this user's. */
interface Told {
  paths?: unknown;
  /** Names a file with the paths. */
  list?: unknown;
}

/** What this start was given to open. */
function given(): { paths: string[] } | { list: string } {
  const list = words.find((word) => word.startsWith(listSwitch));
  return list === undefined ? { paths: pathsIn(words, process.cwd()) } : { list: list.slice(listSwitch.length) };
}

async function take({ paths, list }: Told): Promise<void> {
  inbox.give(pathsOf(typeof list === 'string' ? await takeList(app.getPath('userData'), list) : paths));
}

/** Starts this app once more, with a file in place of the paths: as words they would end the app that is open. */
function startWithList(paths: readonly string[]): void {
  const list = leaveList(app.getPath('userData'), paths);
  const switches = process.argv.slice(1).filter((word) => chromiums.test(word));
  const executable = process.env.APPIMAGE ?? process.execPath;
  const args = [...(app.isPackaged ? [] : [app.getAppPath()]), ...switches, `${listSwitch}${list}`];
  spawn(executable, args, { detached: true, stdio: 'ignore' }).unref();
}

async function open(): Promise<void> {
  if (!hasDisplay(process.argv, process.env)) {
    const isHelp = words[0] === 'help';
    // Written at once: Chromium crashes before anything that is waited for comes.
    writeSync(isHelp ? 1 : 2, isHelp ? help([]) : `${runWords.noDisplay()}\n`);
    process.exit(isHelp ? 0 : exitWithoutDisplay);
  }
  if (isCommand(words[0])) {
    // Chromium's complaints about a desktop that a terminal may lack are nobody's business.
    app.commandLine.appendSwitch('log-level', '3');
    // Chromium's own data would be another app's that runs beside; nothing of it is kept.
    const session = mkdtempSync(path.join(tmpdir(), leftoverName('command')));
    app.setPath('sessionData', session);
    process.once('exit', () => rmSync(session, { recursive: true, force: true }));
    const { command, commandFailed } = await import('./cli/command');
    return command(words).catch(commandFailed);
  }
  const told = given();
  const many = 'paths' in told && (areMany(process.argv) || areMany(told.paths));
  if (many && process.platform !== 'win32' && (await isOpen(app))) {
    startWithList(told.paths);
    return app.quit();
  }
  const standing = await takeLock(app, { ...told });
  if (standing === 'second') return app.quit();
  await app.whenReady();
  const { window, isDrawn } = createWindow(dist);
  opened = window;
  void take(told);
  app.on('second-instance', (_event, _words, _folder, others) => {
    void take((others ?? {}) as Told);
    if (window.isMinimized()) window.restore();
    window.focus();
  });
  let answer: (answer: Answer) => void = () => {};
  const answers = new Promise<Answer>((resolve) => {
    answer = resolve;
  });
  listen(() => window.webContents, firstAsked, answers);
  // Reading the rest keeps this thread busy, which the page needs for its files and its first frame.
  await isDrawn;
  const { start } = await import('./index');
  await start(standing, window, answer, inbox);
}

// Before the app is ready: Electron would make a menu of its own.
Menu.setApplicationMenu(null);
registerScheme();
app.on('window-all-closed', () => app.quit());
// macOS alone tells it this way.
app.on('open-file', (event, file) => {
  event.preventDefault();
  inbox.give([file]);
});
open().catch(async (error: unknown) => {
  // A person who closes the window while the app starts has left: its parts fail for want of it, and a box would hold up the end.
  if (opened?.isDestroyed()) return app.quit();
  (await import('./index')).fail(error);
});
