/**
 * Tells whether the app that runs still lies where it was started from. If Electron starts a process from another version, or from a
 * folder that is gone, the whole app ends with it.
 */
import { statSync } from 'node:fs';
import { AppError } from '../app/errors';

export class Installation {
  private readonly were: string[];

  /** @param files executable and asar: they must stay the files that they are now. */
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

/** What tells a file from another one of the same name. */
function markOf(file: string): string | undefined {
  // Electron would look into an asar by way of the file that it has open, the old one.
  const asar = process as { noAsar?: boolean };
  const before = asar.noAsar ?? false;
  asar.noAsar = true;
  try {
    const { dev, ino, size, mtimeMs } = statSync(file);
    return [dev, ino, size, mtimeMs].join(' ');
  } catch {
    // The file is gone, or its disk is.
    return undefined;
  } finally {
    asar.noAsar = before;
  }
}
