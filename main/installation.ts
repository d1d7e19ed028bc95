/**
 * Whether the app that runs is still the one that lies where it was started from. A process that Electron starts of another, or out
 * of a folder that is gone, takes all of the app with it.
 */
import { statSync } from 'node:fs';
import { AppError } from '../app/errors';

export class Installation {
  private readonly were: string[];

  /** @param files to be as they are now: executable and asar. */
  constructor(private readonly files: string[]) {
    this.were = files.map((file) => markOf(file) ?? '');
  }

  /** @throws AppError INSTALL_GONE, INSTALL_REPLACED. */
  check(): void {
    const marks = this.files.map(markOf);
    if (marks.includes(undefined)) throw new AppError('INSTALL_GONE', {});
    if (marks.some((mark, i) => mark !== this.were[i])) throw new AppError('INSTALL_REPLACED', {});
  }
}

/** What another file of the same name does not share. */
function markOf(file: string): string | undefined {
  // Electron would look into an asar, at the file that it has open.
  const asar = process as { noAsar?: boolean };
  const before = asar.noAsar ?? false;
  asar.noAsar = true;
  try {
    const { dev, ino, size, mtimeMs } = statSync(file);
    return [dev, ino, size, mtimeMs].join(' ');
  } catch {
    // Gone, or on a disk that went away.
    return undefined;
  } finally {
    asar.noAsar = before;
  }
}
