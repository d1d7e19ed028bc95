/** The log's file: readable by this user alone, at most two MiB with the one before. Nothing is written to what is no regular file. */
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';

// Windows has neither flag, and no pipes in folders.
const { O_WRONLY, O_CREAT, O_APPEND, O_NONBLOCK = 0, O_NOFOLLOW = 0 } = constants;

/** At this size the file becomes `main.old.log` and a new one begins. */
const maxBytes = 2 ** 20;

export class LogFile {
  private open: { descriptor: number; ino: number; bytes: number } | undefined;
  private hasComplained = false;

  /** @param complain called once where the file cannot be written: the console alone then has the lines. */
  constructor(
    private readonly file: string,
    private readonly complain: (why: string) => void = () => {},
  ) {}

  /** Adds a line. Never throws, and never waits for a reader. */
  write(line: string): void {
    try {
      const bytes = Buffer.from(`${line}\n`);
      const at = this.withRoomFor(bytes.byteLength);
      at.bytes += writeSync(at.descriptor, bytes);
    } catch (error) {
      if (!this.hasComplained) this.complain(String(error));
      this.hasComplained = true;
    }
  }

  /** The open file, with room for so many bytes: a new one where it was full, or was moved away meanwhile. */
  private withRoomFor(bytes: number): { descriptor: number; ino: number; bytes: number } {
    if (this.open && lstatSync(this.file, { throwIfNoEntry: false })?.ino !== this.open.ino) this.close();
    this.open ??= openLog(this.file);
    if (this.open.bytes + bytes <= maxBytes) return this.open;
    this.close();
    const { dir, name, ext } = path.parse(this.file);
    renameSync(this.file, path.join(dir, `${name}.old${ext}`));
    this.open = openLog(this.file);
    return this.open;
  }

  private close(): void {
    if (this.open) closeSync(this.open.descriptor);
    this.open = undefined;
  }
}

function openLog(file: string): { descriptor: number; ino: number; bytes: number } {
  const folder = path.dirname(file);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // An earlier version made this folder readable for all.
  if (process.platform !== 'win32') chmodSync(folder, 0o700);
  const descriptor = openSync(file, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_NOFOLLOW, 0o600);
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) throw new Error(`${path.basename(file)} is no regular file`);
    fchmodSync(descriptor, 0o600);
    return { descriptor, ino: stat.ino, bytes: stat.size };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}
