/**
 * How long one tile of each tool takes on this machine's processor: so a person hears how long a job will take before it begins. Jobs
 * measure it, and a file keeps it for the next start.
 */
import { availableParallelism, cpus } from 'node:os';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { id } from '../../app/catalog';
import { readBounded } from '../../storage/readBounded';

const maxBytes = 2 ** 16;
/** A change by a smaller share tells a person nothing new. */
const noticeable = 0.1;

const Kept = z.strictObject({
  machine: z.string().max(1000),
  /** By tool: the side of the measured tile in pixels, and its time. */
  tools: z.record(id, z.strictObject({ tile: z.int().positive(), tileMs: z.number().positive().max(1e9) })),
});
type Tools = z.infer<typeof Kept>['tools'];

export interface Speeds {
  /** A tile's milliseconds, of a tool and a size; undefined where none was measured here. */
  tileMs(tool: string, tile: number): number | undefined;
  /** Takes a measurement. @returns whether it differs enough to tell the window. */
  measured(tool: string, tile: number, tileMs: number): boolean;
  /** Writes the file. Never throws: without the file the next start measures again. */
  keep(): Promise<void>;
}

/** A tile's time depends on the processor's model and its cores. */
const thisMachine = (): string => `${availableParallelism()} of ${cpus()[0]?.model ?? 'unknown'}`;

/** @param file one that is damaged, or of another machine, counts as empty. */
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

/** Times tiles on the processor, from now on. The first tile includes the warm-up, so it counts only until the second. */
export class TileClock {
  private readonly begunAt: number;
  private first: { at: number; done: number } | undefined;
  private done = 0;

  constructor(private readonly now = () => performance.now()) {
    this.begunAt = now();
  }

  /** @param tiles how many were finished since the last call. @returns milliseconds a tile; undefined for none. */
  add(tiles: number): number | undefined {
    if (tiles < 1) return undefined;
    const at = this.now();
    this.done += tiles;
    this.first ??= { at, done: this.done };
    const { first, done } = this;
    return done > first.done ? (at - first.at) / (done - first.done) : (at - this.begunAt) / done;
  }
}
