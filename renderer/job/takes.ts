/** What each device takes for the open picture with a tool, where it was measured on this machine. Pure. */
import type { ModelInfo } from '../../app/contract';
import { usefulEach } from '../../app/race';
import type { Runner } from '../../app/runner';
import type { AppState } from '../../app/states';
import { countTiles } from '../../app/tiles';
import { networksOf } from '../../app/tools';

/** Milliseconds. Of a tool with parts none: how often those run is up to the picture. `fastest`: of what serves now. */
export type Takes = Partial<Record<Runner | 'fastest', number>>;

export function takesOf(app: AppState, models: readonly ModelInfo[], tool: ModelInfo): Takes {
  const { setup, webgpu, picture, tileMs } = app;
  if (!picture || networksOf(models, tool.id).length > 1) return {};
  const { flow, profile } = tool;
  const tiles = (width: number, height: number): number =>
    flow.kind === 'tiles' ? countTiles(picture.width, picture.height, width, height, flow.overlap) : 1;
  const at = (perSecond: number): number =>
    (tiles(profile.width, profile.height) * usefulEach(tool, profile) * 1000) / perSecond;

  const takes: Takes = {};
  const engine = setup.kind === 'ready' && setup.device.kind === 'gpu' ? rowOf(setup.device.rows, tool.id) : undefined;
  const hasEngine = engine?.phase === 'done' || engine?.phase === 'cached';
  if (hasEngine && engine.perSecond) takes.gpu = at(engine.perSecond);
  const other = rowOf(webgpu, tool.id);
  if (other?.kind === 'serves') {
    takes.webgpu = at(other.perSecond);
    takes.cpu = takes.webgpu * other.times;
  }
  // Jobs that ran there know better than a few runs.
  const onCpu = tileMs[tool.id];
  if (onCpu !== undefined && flow.kind === 'tiles') takes.cpu = tiles(flow.cpuTile, flow.cpuTile) * onCpu;
  // An engine works where there is one, also where its race was never run.
  const fastest = hasEngine ? takes.gpu : (takes.webgpu ?? takes.cpu);
  if (fastest !== undefined) takes.fastest = fastest;
  return takes;
}

const rowOf = <Row extends { model: string }>(rows: readonly Row[], model: string): Row | undefined =>
  rows.find((row) => row.model === model);
