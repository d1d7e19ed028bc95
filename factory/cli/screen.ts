/** What a running command shows: lines and progress bars. It shows bars only on a terminal, and never on a stdout that is JSON. */
import { MultiBar, Presets, type SingleBar } from 'cli-progress';

export interface Screen {
  line(text: string): void;
  /** Shows how far something named is, 0…1; 1 takes its bar away. */
  progress(name: string, fraction: number): void;
  /** Removes the bars from the screen. */
  end(): void;
}

/** @param json stdout is for the result alone: what is shown goes to stderr. */
export function createScreen(json: boolean): Screen {
  const stream = json ? process.stderr : process.stdout;
  if (!stream.isTTY) return { line: (text) => stream.write(`${text}\n`), progress: () => {}, end: () => {} };
  const format = '  {bar} {percentage} %  {name}';
  const bars = new MultiBar({ stream, format, hideCursor: true, clearOnComplete: true }, Presets.shades_grey);
  const shown = new Map<string, SingleBar>();
  return {
    line: (text) => {
      if (shown.size > 0) bars.log(`${text}\n`);
      else stream.write(`${text}\n`);
    },
    progress: (name, fraction) => {
      const bar = shown.get(name) ?? bars.create(100, 0, { name });
      shown.set(name, bar);
      bar.update(Math.floor(fraction * 100));
      if (fraction < 1) return;
      bars.remove(bar);
      shown.delete(name);
    },
    end: () => {
      bars.stop();
      shown.clear();
    },
  };
}

/** A table for a terminal, numbers to the right. */
export function columns(rows: readonly (readonly string[])[], right: readonly number[] = []): string {
  const widths = rows.reduce<number[]>((all, row) => row.map((cell, i) => Math.max(cell.length, all[i] ?? 0)), []);
  const pad = (cell: string, i: number) =>
    right.includes(i) ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0);
  return rows.map((row) => row.map(pad).join('  ').trimEnd()).join('\n');
}
