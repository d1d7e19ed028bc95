/**
 * The app's entry: opens the window before it reads anything else. It imports little; the rest (index.ts) is read while the page
 * runs its scripts.
 */
// Imported first, so that files which other modules make at their import are readable by this user alone too.
import './umask';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { app, type BrowserWindow, Menu } from 'electron';
import { runWords } from '../words/commandLine';
import { isOpen, takeLock } from './alone';
import { asksForHelp, helpWith, say } from './cli/help';
import { commands, exits } from './cli/outside';
import { removesSession, temporarySession } from './cli/session';
import { hasDisplay } from './display';
import { areMany, createInbox, leaveList, pathsTold, type Told, toldBy } from './given';
import { forkGpuHost } from './hosts/fork';
import { switches, words } from './typed';
import { type Answer, firstAsked, listen } from './window/listen';
import { createWindow, registerScheme } from './window/window';

/** `dist/`, beside the asar's package.json or the repository's. */
const dist = path.join(__dirname, '..');

/** Once there is one. */
let opened: BrowserWindow | undefined;
/** What is to be opened, of this start and of later ones. */
const inbox = createInbox();
/** @param told by this start or by a later one. */
const take = async (told: Told): Promise<void> => inbox.give(await pathsTold(app.getPath('userData'), told));

function endWithHelp(): never {
  say(helpWith(path.join(app.isPackaged ? process.resourcesPath : path.join(dist, '..'), 'models')));
  process.exit(exits.done);
}

function endWithoutDisplay(): never {
  say(`${runWords.noDisplay()}\n`, 2);
  process.exit(exits.nothingToRunOn);
}

async function runCommand(): Promise<void> {
  // Chromium's complaints about a desktop that a terminal may lack are nobody's business.
  app.commandLine.appendSwitch('log-level', '3');
  // A window that is open beside it has Chromium's usual folder.
  app.setPath('sessionData', temporarySession(startAgain));
  const { command, commandFailed } = await import('./cli/command');
  return command([...words]).catch(commandFailed);
}

/** Starts this app once more. */
function startAgain(word: string): void {
  const executable = process.env.APPIMAGE ?? process.execPath;
  const args = [...(app.isPackaged ? [] : [app.getAppPath()]), ...switches, word];
  // Windows keeps the folder that a process is in from being moved or removed.
  spawn(executable, args, { detached: true, stdio: 'ignore', cwd: tmpdir() }).unref();
}

/** With a file in place of the paths: as words they would end the app that is open. */
const startWithList = (paths: readonly string[]): void => startAgain(leaveList(app.getPath('userData'), paths));

async function open(): Promise<void> {
  if (removesSession(words)) process.exit(exits.done);
  if (asksForHelp(words)) return endWithHelp();
  if (!hasDisplay(process.argv, process.env)) return endWithoutDisplay();
  if (commands.includes(words[0] ?? '')) return runCommand();
  const told = toldBy(words, process.cwd());
  const { paths = [] } = told;
  const many = areMany(process.argv) || areMany(paths);
  if (many && process.platform !== 'win32' && (await isOpen(app))) {
    startWithList(paths);
    return app.quit();
  }
  const standing = await takeLock(app, { ...told });
  if (standing === 'second') return app.quit();
  await app.whenReady();
  const { window, hasFiles, isDrawn } = createWindow(dist);
  opened = window;
  const takeForked = forkGpuHost(dist);
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
  // Reading the rest keeps this thread busy, which the page needs for its files. It runs its scripts meanwhile, which takes as long.
  await hasFiles;
  const { start } = await import('./index');
  await start({ standing, window, isDrawn, answer, inbox, takeForked });
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
