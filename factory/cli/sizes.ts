/**
 * What the engines weigh against the full plans that they stand for, and what each part of the packaged app weighs against its
 * budget, as the markdown tables of docs/sizes.md: `refit sizes`. Fails where the engines are not below 1 % of the plans, or where
 * anything is over its budget (budget.ts).
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { type EngineEntry, parseCatalog } from '../../app/catalog';
import { engineFile } from '../../app/engineFile';
import { repository as root } from '../engines/build';
import { budgets, download, overBudget, type Packed, type Part, packageBudget, partOf, parts } from './budget';
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
/** Two decimals, or where these are zeros the first figure that is none. */
const percent = (fraction: number) => {
  const value = fraction * 100;
  return `${value > 0 && value < 0.01 ? value.toPrecision(1) : value.toFixed(2)} %`;
};

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

/** The Linux package, or null where none was made. */
async function weighPackage(): Promise<Packed | null> {
  const release = path.join(root, 'release');
  for (const { folder, isQuick } of [
    { folder: path.join(release, 'installer'), isQuick: true },
    { folder: release, isQuick: false },
  ]) {
    const deb = (await readdir(folder).catch(() => [])).find((name) => name.endsWith('.deb'));
    if (deb) return { bytes: (await stat(path.join(folder, deb))).size, isQuick };
  }
  return null;
}

function appTable(bytes: Record<Part, number>, packed: Packed | null): string {
  const total = Object.values(bytes).reduce((sum, part) => sum + part, 0);
  const rows = parts.map((part) => [part, count(bytes[part]), percent(bytes[part] / total), count(budgets[part])]);
  rows.push(['**All**', `**${count(total)}**`, '', '']);
  if (packed) {
    const name = `Linux package (deb, xz)${packed.isQuick ? ', reckoned from the one packed by zstd' : ''}`;
    rows.push([name, count(Math.round(download(packed))), '', count(packageBudget)]);
  }
  return table(['part of the packaged app', 'bytes', 'share', 'budget'], 1, rows);
}

export const sizes: Register = (program) => {
  command(program, 'sizes', 'What the engines weigh against the full plans, and each part of the packaged app.').action(
    action(async () => {
      const engines = await readEngines();
      const total = sumEngines(engines);
      const app = await weighApp();
      const packed = await weighPackage();
      const over = app ? overBudget(app, packed) : [];
      const isSmall = total.fraction < limit;
      const tables = [
        enginesTable(engines),
        app ? appTable(app, packed) : 'No packaged app to weigh: `npm run package` makes it.',
      ];
      for (const each of over) tables.push(`✗ Over its budget: ${each}.`);
      if (!isSmall) tables.push(`✗ The engines are ${percent(total.fraction)} of the plans, not below 1 %.`);
      return {
        data: { engines, total, app, packed, over },
        text: tables.join('\n\n'),
        code: isSmall && over.length === 0 ? exitCode.ok : exitCode.failed,
      };
    }),
  );
};
