/** The log's file: this user's alone, of at most two MiB, and a regular file, whatever lies in its place. */
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

// Windows has neither: nor has it pipes in folders.
const { O_WRONLY, O_CREAT, O_APPEND, O_NONBLOCK = 0, O_NOFOLLOW = 0 } = constants;

/** Then the lines so far become `main.old.log`. */
const maxBytes = 2 ** 20;

export class LogFile {
  private open: { descriptor: number; ino: number; bytes: number } | undefined;
  private hasComplained = false;

  /** @param complain told once of a file that cannot be written: its lines are then on the console alone. */
  constructor(
    private readonly file: string,
    private readonly complain: (why: string) => void = () => {},
  ) {}

  /** Adds a line. Never throws, and never waits for anybody to read it. */
  write(line: string): void {
    try {
      const bytes = Buffer.from(`${line}\n`);
      const at = this.begun(bytes.byteLength);
      at.bytes += writeSync(at.descriptor, bytes);
    } catch (error) {
      if (!this.hasComplained) this.complain(String(error));
      this.hasComplained = true;
    }
  }

  /** The file, with room for so many bytes. It may have been moved away meanwhile. */
  private begun(bytes: number): { descriptor: number; ino: number; bytes: number } {
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
  // One that an earlier version made for all to read.
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
