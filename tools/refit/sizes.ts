/**
 * What the engines weigh against the full plans that they stand for, and what each part of the packaged app weighs, as
 * the markdown tables of the README: `refit sizes`. Fails where the engines are not below 1 % of the plans.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { type EngineEntry, engineFile, parseCatalog } from '../../app/catalog';
import { repository as root } from '../../engines/build';
import { action, command, exitCode, type Register } from './command';

/** All compressed engines together, as a fraction of the full plans. */
const limit = 0.01;

interface Total {
  fullPlanBytes: number;
  strippedBytes: number;
  compressedBytes: number;
  /** compressedBytes / fullPlanBytes. */
  fraction: number;
}

/** Sums of the three sizes over some engines. */
export function sumEngines(engines: readonly EngineEntry[]): Total {
  const sum = (key: 'fullPlanBytes' | 'strippedBytes' | 'compressedBytes') =>
    engines.reduce((bytes, engine) => bytes + engine[key], 0);
  const fullPlanBytes = sum('fullPlanBytes');
  const compressedBytes = sum('compressedBytes');
  return {
    fullPlanBytes,
    strippedBytes: sum('strippedBytes'),
    compressedBytes,
    fraction: compressedBytes / fullPlanBytes,
  };
}

const parts = [
  'Electron',
  'TensorRT-RTX libraries',
  'ONNX Runtime',
  'Addon',
  'Models',
  'Engines',
  'Kernels',
  'App code',
  'Notices',
] as const;
export type Part = (typeof parts)[number];

/** Which part a file of the packaged app belongs to. @param file path below the app's folder, forward slashes. */
export function partOf(file: string): Part {
  if (!file.startsWith('resources/')) return 'Electron';
  if (file.startsWith('resources/native/lib/')) return 'TensorRT-RTX libraries';
  if (file.startsWith('resources/native/')) return 'Addon';
  if (file.startsWith('resources/models/')) return 'Models';
  if (file.startsWith('resources/engines/')) return file.endsWith('.kernels.br') ? 'Kernels' : 'Engines';
  if (file.startsWith('resources/app.asar.unpacked/node_modules/onnxruntime-node/')) return 'ONNX Runtime';
  if (file.startsWith('resources/app.asar')) return 'App code';
  return 'Notices';
}

async function readEngines(): Promise<EngineEntry[]> {
  const file = path.join(root, 'engines', 'catalog.json');
  const { engines } = parseCatalog(await readFile(file, 'utf8'), file);
  for (const engine of engines) {
    const { size } = await stat(path.join(root, 'engines', engineFile(engine)));
    if (size !== engine.compressedBytes) {
      throw new Error(`${engineFile(engine)} has ${size} bytes where the catalog says ${engine.compressedBytes}.`);
    }
  }
  return engines;
}

/** Bytes of each part, or null where no app was packaged. */
async function weighApp(): Promise<Record<Part, number> | null> {
  const release = path.join(root, 'release');
  const names = await readdir(release).catch(() => []);
  const unpacked = names.find((name) => name.endsWith('-unpacked'));
  if (!unpacked) return null;
  const app = path.join(release, unpacked);
  const bytes = Object.fromEntries(parts.map((part) => [part, 0])) as Record<Part, number>;
  for (const entry of await readdir(app, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    bytes[partOf(path.relative(app, file).split(path.sep).join('/'))] += (await stat(file)).size;
  }
  return bytes;
}

const count = (bytes: number) => bytes.toLocaleString('en-US');
const percent = (fraction: number) => `${(fraction * 100).toFixed(2)} %`;

/** A markdown table, numbers to the right. */
function table(head: string[], textColumns: number, rows: string[][]): string {
  const rule = head.map((_, column) => (column < textColumns ? '---' : '---:'));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function enginesTable(engines: EngineEntry[]): string {
  const total = sumEngines(engines);
  const cells = (sizes: Omit<Total, 'fraction'>) => [
    count(sizes.fullPlanBytes),
    count(sizes.strippedBytes),
    count(sizes.compressedBytes),
    percent(sizes.compressedBytes / sizes.fullPlanBytes),
  ];
  const rows = engines.map((engine) => [engine.model, engine.profile, engine.target, ...cells(engine)]);
  const bold = cells(total).map((cell) => `**${cell}**`);
  return table(['model', 'profile', 'target', 'full plan', 'stripped', 'shipped', 'shipped / full'], 3, [
    ...rows,
    [`**${engines.length} engines**`, '', '', ...bold],
  ]);
}

function appTable(bytes: Record<Part, number>): string {
  const total = Object.values(bytes).reduce((sum, part) => sum + part, 0);
  const rows = Object.entries(bytes).map(([part, size]) => [part, count(size), percent(size / total)]);
  return table(['part of the packaged app', 'bytes', 'share'], 1, [...rows, ['**All**', `**${count(total)}**`, '']]);
}

export const sizes: Register = (program) => {
  command(program, 'sizes', 'What the engines weigh against the full plans, and each part of the packaged app.').action(
    action(async () => {
      const engines = await readEngines();
      const total = sumEngines(engines);
      const app = await weighApp();
      const isSmall = total.fraction < limit;
      const tables = [
        enginesTable(engines),
        app ? appTable(app) : 'No packaged app to weigh: `npm run package` makes it.',
      ];
      if (!isSmall) tables.push(`✗ The engines are ${percent(total.fraction)} of the plans, not below 1 %.`);
      return {
        data: { engines, total, app },
        text: tables.join('\n\n'),
        code: isSmall ? exitCode.ok : exitCode.failed,
      };
    }),
  );
};
