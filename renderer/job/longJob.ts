/** How long the processor takes for a picture, by what its tiles took here before. Said only where the wait is long. Pure. */
import type { ModelInfo } from '../../app/contract';
import { countTiles } from '../../app/tiles';
import { networksOf } from '../../app/tools';
import { deviceAtWork } from '../device';
import { type Screen, selectedModel, shownResult } from '../store';

/** A shorter wait is no news. */
const longMs = 30_000;
/** One that is not much quicker is not worth another tool. */
const muchQuicker = 0.5;

export interface LongJob {
  ms: number;
  /** A tool that does much the same in less time; `ms` is null where it never ran here. */
  quicker: { name: string; ms: number | null } | null;
}

/** Of the running job, else of the one that the chosen tool would do. @returns null where it is short, or was never measured here. */
export function longJob(screen: Screen): LongJob | null {
  const { app, models } = screen;
  const { job, picture } = app;
  const model = job.kind === 'running' ? models.find(({ id }) => id === job.model) : selectedModel(screen);
  if (!model || !picture || (job.kind !== 'running' && shownResult(screen)?.kind === 'finished')) return null;
  // A GPU that serves the tool is another matter.
  if (deviceAtWork(app, networksOf(models, model.id), job)?.kind !== 'cpu') return null;
  const took = (tool: ModelInfo): number | null => {
    const tileMs = app.tileMs[tool.id];
    return tileMs === undefined ? null : tilesOf(tool, picture) * tileMs;
  };
  const ms = took(model);
  if (ms === null || ms < longMs) return null;
  const other = models.find(({ id }) => id === model.quicker);
  const otherMs = other ? took(other) : null;
  const isWorth = other !== undefined && (otherMs === null || otherMs < muchQuicker * ms);
  return { ms, quicker: isWorth ? { name: other.name, ms: otherMs } : null };
}

function tilesOf({ flow }: ModelInfo, { width, height }: { width: number; height: number }): number {
  if (flow.kind !== 'tiles') return Number.NaN;
  return countTiles(width, height, flow.cpuTile, flow.cpuTile, flow.overlap);
}
