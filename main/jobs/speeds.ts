/**
 * What one tile of each tool takes on this machine's processor, measured by the jobs that ran here and kept for the next start: so a
 * person hears what a long job will take before it begins.
 */
import { availableParallelism, cpus } from 'node:os';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { id } from '../../app/catalog';
import { readBounded } from '../../storage/readBounded';

const maxBytes = 2 ** 16;
/** A measure that differs by less tells a person nothing new. */
const noticeable = 0.1;

const Kept = z.strictObject({
  machine: z.string().max(1000),
  /** By tool, of a tile of so many pixels a side. */
  tools: z.record(id, z.strictObject({ tile: z.int().positive(), tileMs: z.number().positive().max(1e9) })),
});
type Tools = z.infer<typeof Kept>['tools'];

export interface Speeds {
  /** Of a tool's tiles of a size, in milliseconds; undefined where none was measured here. */
  tileMs(tool: string, tile: number): number | undefined;
  /** @returns whether that is worth telling. */
  measured(tool: string, tile: number, tileMs: number): boolean;
  /** Keeps what was measured. Never throws: without it the next start measures again. */
  keep(): Promise<void>;
}

/** What a tile takes depends on it. */
const thisMachine = (): string => `${availableParallelism()} of ${cpus()[0]?.model ?? 'unknown'}`;

/** @param file where it is kept; what is damaged there, or of another machine, counts as nothing. */
export async function openSpeeds(file: string, machine = thisMachine()): Promise<Speeds> {
  let tools: Tools = await readKept(file, machine);
  return {
    tileMs: (tool, tile) => (tools[tool]?.tile === tile ? tools[tool].tileMs : undefined),
    measured: (tool, tile, tileMs) => {
      const before = tools[tool];
      if (!Number.isFinite(tileMs) || tileMs <= 0) return false;
      tools = { ...tools, [tool]: { tile, tileMs } };
      return before?.tile !== tile || Math.abs(tileMs / before.tileMs - 1) >= noticeable;
    },
    keep: () =>
      writeFileAtomic(file, `${JSON.stringify({ machine, tools })}\n`, { mode: 0o600 }).catch(() => undefined),
  };
}

async function readKept(file: string, machine: string): Promise<Tools> {
  try {
    const kept = Kept.parse(JSON.parse((await readBounded(file, maxBytes)).toString('utf8')));
    return kept.machine === machine ? kept.tools : {};
  } catch {
    return {};
  }
}

/** Times tiles on the processor, from now on. The first pays for warming up, and counts only while it is alone. */
export class TileClock {
  private readonly begunAt: number;
  private first: { at: number; done: number } | undefined;
  private done = 0;

  constructor(private readonly now = () => performance.now()) {
    this.begunAt = now();
  }

  /** @param tiles that were finished since the last time, one or more. @returns milliseconds a tile. */
  add(tiles: number): number | undefined {
    if (tiles < 1) return undefined;
    const at = this.now();
    this.done += tiles;
    this.first ??= { at, done: this.done };
    const { first, done } = this;
    return done > first.done ? (at - first.at) / (done - first.done) : (at - this.begunAt) / done;
  }
}
