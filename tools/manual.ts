/** The manual page that a deb brings: what `refit help` says, so that the two cannot differ. */
import { writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';

/** @param help as `helpWith` makes it. @returns the page in roff. */
export function manual(help: string, { version, synopsis }: { version: string; synopsis: string }): string {
  return [
    `.TH REFIT 1 "" "Refit ${version}"`,
    '.SH Name',
    escaped(`refit - ${synopsis}`),
    // Lines stay as they are: options and examples stand in columns.
    '.nf',
    ...help
      .trimEnd()
      .split('\n')
      .map((line) => (isHeading(line) ? `.SH ${line}\n.nf` : escaped(line))),
    '',
  ].join('\n');
}

/** Whether a line of the help is a heading; its other lines at the margin are sentences. */
const isHeading = (line: string): boolean => /^[A-Z][a-z]+$/.test(line);

/** Roff would take a dash for a hyphen and join words at it, and a dot at a line's start for a command. */
const escaped = (line: string): string =>
  line
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(?=[.'])/, '\\&');

/** Writes it as Debian wants it: compressed, without a date. */
export const writeManual = (file: string, page: string): Promise<void> => writeFile(file, gzipSync(page, { level: 9 }));
