/** Chromium's own data of a command, of which nothing is kept. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { leftoverName } from '../../storage/leftovers';

/** @returns a folder that is removed as this process ends. @param startApp starts this app once more, with a word. */
export function temporarySession(startApp: (word: string) => void): string {
  const folder = mkdtempSync(path.join(tmpdir(), leftoverName('command')));
  process.once('exit', () => {
    // Windows removes nothing that is open, and Chromium closes its files after this: another process takes the folder away.
    if (process.platform === 'win32') startApp(`--remove-session=${path.basename(folder)}`);
    else remove(folder);
  });
  return folder;
}

/** Tried again for 20 s at most: Chromium may still be writing. The next start's sweep removes what stays. */
function remove(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  } catch {
    // How the command ended is not to hang on it.
  }
}

/** Does what `temporarySession` starts the app for, before Chromium makes any file. Never throws. @returns whether it was asked to. */
export function removesSession(words: readonly string[]): boolean {
  const name = /^--remove-session=(refit-command-\d+-\w+)$/.exec(words[0] ?? '')?.[1];
  if (name === undefined) return false;
  remove(path.join(tmpdir(), name));
  return true;
}
