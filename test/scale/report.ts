/** Writes docs/scale-report.{json,md} anew after every step, with what is known by then. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { DevRuntime } from '../../factory/tensorrt10/runtimes';
import { type ScaleModel, scaleModels } from './architectures';
import {
  caches,
  keyOf,
  type LoadResult,
  loadStep,
  type Step,
  type StepResults,
  type Subject,
  type Way,
  ways,
} from './steps';

export type StepOutcome = { kind: 'done'; result: StepResults[Step] } | { kind: 'missing'; reason: string };

export interface Report {
  folder: string;
  gpu: string;
  driver: string | null;
  /** Runtimes with their versions. */
  runtimes: Readonly<Partial<Record<DevRuntime, string>>>;
  subjects: readonly Subject[];
  /** Outcomes by `keyOf`. */
  outcomes: ReadonlyMap<string, StepOutcome>;
  /** Whether steps of an earlier run are among them. */
  isResumed: boolean;
}

interface Row {
  model: ScaleModel;
  runtime: string;
  onnxBytes: number | null;
  fullPlanBytes: number | null;
  strippedBytes: number | null;
  compressedBytes: number | null;
  fullBuildMs: number | null;
  refitMs: number | null;
  /** With the ONNX in the page cache, as the full build found it. */
  warmRefitMs: number | null;
  serializeMs: number | null;
  readPlusWriteMs: number | null;
  /** The faster way of loading the plan from disk, and refitting with no plan kept; both with a cold page cache. */
  planLoadMs: number | null;
  refitLoadMs: number | null;
  /** Of the refit. */
  peakHostBytes: number | null;
  strippedBuildMs: number | null;
  deserializeMs: number | null;
  peakAnonymousBytes: number | null;
  /** Memory that the refit took on top of what its process had before. */
  addedBytes: number | null;
  weightBytes: number | null;
  /** By way and page cache. */
  loads: Record<string, LoadResult | null>;
  missing: Record<string, string>;
}

function rowOf(subject: Subject, { runtimes, outcomes }: Report): Row {
  const { model, runtime } = subject;
  const result = <S extends Step>(step: S): StepResults[S] | null => {
    const outcome = outcomes.get(keyOf(subject, step));
    return outcome?.kind === 'done' ? (outcome.result as StepResults[S]) : null;
  };
  const exported = result('export');
  const full = result('full');
  const stripped = result('stripped');
  const refit = result('refit');
  const loads: Row['loads'] = {};
  for (const way of ways)
    for (const cache of caches) loads[`${way} ${cache}`] = result(loadStep(way, cache)) as LoadResult | null;
  const coldMs = (...of: string[]): number | null => {
    const known = of.flatMap((name) => loads[`${name} cold`]?.elapsedMs ?? []);
    return known.length > 0 ? Math.min(...known) : null;
  };
  const missing: Row['missing'] = {};
  for (const [key, outcome] of outcomes)
    if (outcome.kind === 'missing' && key.startsWith(`${runtime} ${model} `))
      missing[key.slice(runtime.length + model.length + 2)] = outcome.reason;
  return {
    model,
    runtime: runtimes[runtime] ?? runtime,
    onnxBytes: exported?.onnxBytes ?? null,
    fullPlanBytes: full?.bytes ?? null,
    strippedBytes: stripped?.bytes ?? null,
    compressedBytes: stripped?.compressedBytes ?? null,
    fullBuildMs: full?.buildMs ?? null,
    refitMs: refit?.refitMs ?? null,
    warmRefitMs: loads['refit warm']?.weightsMs ?? null,
    serializeMs: refit?.serializeMs ?? null,
    readPlusWriteMs: refit ? refit.readMs + refit.writeMs : null,
    planLoadMs: coldMs('stream', 'deferred'),
    refitLoadMs: coldMs('refit'),
    peakHostBytes: refit?.peakHostBytes ?? null,
    strippedBuildMs: stripped?.buildMs ?? null,
    deserializeMs: refit?.deserializeMs ?? null,
    peakAnonymousBytes: refit?.peakAnonymousBytes ?? null,
    addedBytes: refit?.addedBytes ?? null,
    weightBytes: refit?.weightBytes ?? null,
    loads,
    missing,
  };
}

/**
 * The size from which no plan is worth keeping: that of the smallest ONNX for which refitting again is at least as fast as loading the
 * plan, as it then is for every larger one that was measured. A cold and a warm start count together: cold alone, both take as long as
 * the disk takes to read as many bytes, and chance would decide.
 */
export function noPlanFromBytes(rows: readonly Pick<Row, 'onnxBytes' | 'loads'>[]): number | null {
  let from: number | null = null;
  const bySize = [...rows].sort((a, b) => (b.onnxBytes ?? 0) - (a.onnxBytes ?? 0));
  for (const { onnxBytes, loads } of bySize) {
    const plan = fastest(loads, ['stream', 'deferred']);
    const refit = fastest(loads, ['refit']);
    if (onnxBytes === null || plan === null || refit === null) continue;
    if (refit > plan) break;
    from = onnxBytes;
  }
  return from;
}

/** Fastest cold and warm start together, in milliseconds; null where no way was measured in both. */
function fastest(loads: Row['loads'], of: readonly Way[]): number | null {
  const sums = of.map((way) => (loads[`${way} cold`]?.elapsedMs ?? NaN) + (loads[`${way} warm`]?.elapsedMs ?? NaN));
  const known = sums.filter((sum) => !Number.isNaN(sum));
  return known.length > 0 ? Math.min(...known) : null;
}

export async function writeReport(report: Report): Promise<void> {
  const date = new Date().toISOString();
  const own = report.runtimes['tensorrt-rtx'] ?? 'tensorrt-rtx';
  const bySize = (row: Row): number => scaleModels.indexOf(row.model);
  const results = report.subjects.map((subject) => rowOf(subject, report)).sort((a, b) => bySize(a) - bySize(b));
  // What the app does is decided by its own runtime's rows.
  const noPlanFrom = noPlanFromBytes(results.filter(({ runtime }) => runtime === own));
  const { gpu, driver, folder, isResumed } = report;
  await mkdir(folder, { recursive: true });
  const json = { date, gpu, driver, isResumed, noPlanFromBytes: noPlanFrom, results };
  await writeFile(path.join(folder, 'scale-report.json'), `${JSON.stringify(json, null, 2)}\n`);
  await writeFile(path.join(folder, 'scale-report.md'), markdown({ ...report, date, noPlanFrom }, results));
}

const seconds = (ms: number | null | undefined): string =>
  ms === null || ms === undefined ? '–' : (ms / 1000).toFixed(ms < 10_000 ? 2 : 1);
const whole = (bytes: number | null): string => bytes?.toLocaleString('en-US') ?? '–';
const ratio = (a: number | null, b: number | null, digits = 2): string =>
  a === null || b === null ? '–' : (a / b).toFixed(digits);
const smaller = (small: number | null, large: number | null): string =>
  small === null || large === null ? '–' : `${((1 - small / large) * 100).toFixed(2)} %`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string[] =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);

interface Head extends Pick<Report, 'gpu' | 'driver' | 'runtimes' | 'isResumed'> {
  date: string;
  noPlanFrom: number | null;
}

function markdown({ date, gpu, driver, runtimes, isResumed, noPlanFrom }: Head, rows: readonly Row[]): string {
  const own = runtimes['tensorrt-rtx'];
  const nameOf = ({ model, runtime }: Row): string => (runtime === own ? model : `${model}, ${runtime}`);
  const missing = rows.flatMap((row) => Object.entries(row.missing).map((entry) => [nameOf(row), ...entry] as const));
  return [
    '# Scale report',
    '',
    'This page shows what large models cost: their builds, their stripped engines, their refits and their second launches.',
    '',
    `${gpu}, driver ${driver ?? 'unknown'}, ${Object.values(runtimes).join(' and ')}. ${date.slice(0, 10)}. Written by \`npm run scale\` (test/scale);`,
    `${isResumed ? 'figures are of a run that was cut off and gone on with' : 'all figures are of one run'}.`,
    'Weights are random: sizes and times do not depend on their values. Portable target, float16, fixed shapes. Full builds',
    'ran alone, stripped ones side by side. For TensorRT-RTX weights of one shape lie in one tensor (test/scale/network.ts).',
    '',
    '## Sizes and builds',
    '',
    ...table(
      [
        'model',
        'ONNX',
        'full plan',
        'stripped',
        'smaller',
        'compressed',
        'smaller',
        'full build s',
        'stripped build s',
      ],
      rows.map((row) => [
        nameOf(row),
        whole(row.onnxBytes),
        whole(row.fullPlanBytes),
        whole(row.strippedBytes),
        smaller(row.strippedBytes, row.fullPlanBytes),
        whole(row.compressedBytes),
        smaller(row.compressedBytes, row.fullPlanBytes),
        seconds(row.fullBuildMs),
        seconds(row.strippedBuildMs),
      ]),
    ),
    '',
    '## Refit',
    '',
    'The ONNX was not in the page cache, but for *warm*; full builds found it there. Read + write: the ONNX read from start to end,',
    'cold, and the plan written and synced, on the same disk. Peak: of the refit’s process, all of it and what no file backs; added: of',
    'the latter, what the process had not taken before the refit, with the library loaded and the GPU met; × is over the bytes of the weights.',
    '',
    ...table(
      [
        'model',
        'refit s',
        'full build ÷ refit',
        'warm: refit s',
        'full build ÷ refit',
        'serialize s',
        'read + write s',
        '(refit + serialize) ÷ (read + write)',
        'peak bytes',
        '×',
        'anonymous',
        '×',
        'added',
        '×',
      ],
      rows.map((row) => [
        nameOf(row),
        seconds(row.refitMs),
        ratio(row.fullBuildMs, row.refitMs, 1),
        seconds(row.warmRefitMs),
        ratio(row.fullBuildMs, row.warmRefitMs, 1),
        seconds(row.serializeMs),
        seconds(row.readPlusWriteMs),
        row.refitMs === null || row.serializeMs === null
          ? '–'
          : ratio(row.refitMs + row.serializeMs, row.readPlusWriteMs),
        whole(row.peakHostBytes),
        ratio(row.peakHostBytes, row.weightBytes),
        whole(row.peakAnonymousBytes),
        ratio(row.peakAnonymousBytes, row.weightBytes),
        whole(row.addedBytes),
        ratio(row.addedBytes, row.weightBytes),
      ]),
    ),
    '',
    '## The second launch',
    '',
    'From the call to a session that can run, kernels kept from the first launch, in seconds: cold / warm page cache. Stream: the',
    'plan read from its file straight to the GPU. Deferred: the same, the context made while the disk is read. Refit: the stripped',
    'engine and the ONNX, no plan kept.',
    '',
    ...table(
      ['model', ...ways, 'peak bytes: stream, deferred, refit'],
      rows.map((row) => [
        nameOf(row),
        ...ways.map((way) => caches.map((cache) => seconds(row.loads[`${way} ${cache}`]?.elapsedMs)).join(' / ')),
        ways.map((way) => whole(row.loads[`${way} cold`]?.peakHostBytes ?? null)).join(', '),
      ]),
    ),
    '',
    noPlanFrom === null
      ? 'There is no size from which on refitting again is as fast as loading the plan, a cold and a warm start taken together: a plan is kept at any size.'
      : `From ${whole(noPlanFrom)} bytes of ONNX on, refitting again is at least as fast as loading the plan, a cold and a warm start taken together: no plan is kept there.`,
    '',
    ...(missing.length > 0 ? ['## Missing', '', ...table(['model', 'step', 'why'], missing.map(oneLine)), ''] : []),
    ...(runtimes['tensorrt-10'] ? [] : ['The columns for TensorRT 10.6 are not measured here.']),
    '',
  ].join('\n');
}

const oneLine = (cells: readonly string[]): string[] =>
  cells.map((cell) => cell.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|').slice(0, 300));
