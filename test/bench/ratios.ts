/**
 * Prints what Refit gains, as ratios measured side by side in one run on this machine: `npm run bench [-- model…]`.
 * Each engine goes through the app's own path (factory/engines/measure.ts); needs a GPU that the engines serve.
 */
import os from 'node:os';
import { measure } from '../../factory/engines/measure';
import { openRig } from '../../factory/engines/rig';
import { appLines, readAppReport } from './appReport';

const asked = process.argv.slice(2);
const { rig, subjects } = await openRig().catch((error: unknown) => {
  console.error(`✗ bench needs an NVIDIA GPU: ${error instanceof Error ? error.message : error}`);
  process.exit(1);
});
console.log(
  `${rig.gpu.name}, driver ${rig.driver.version}, ${rig.runtime}, ${os.cpus()[0]?.model}, ${new Date().toISOString()}`,
);

const times = (value: number): string => `${value >= 100 ? value.toFixed(0) : value.toPrecision(3)} ×`;
const rows: string[][] = [];
for (const { card, profile, entry } of subjects) {
  if (asked.length > 0 && !asked.includes(card.id)) continue;
  const { row } = await measure(rig, card, profile, entry);
  rows.push([
    `${row.model} ${row.profile} ${row.target}`,
    times(row.fullBuildMs / (row.deserializeMs + row.refitMs)),
    times(row.coldStartMs / row.warmStartMs),
    (row.hostTilesPerSecond / row.bareTilesPerSecond).toFixed(2),
    times(row.cpuTileMs / row.latencyMs),
  ]);
  console.log(`  ${rows.at(-1)?.join('  ')}`);
}
console.log(
  '\n| engine | refit faster than full build | warm start faster than cold | host / bare loop | GPU faster than CPU |',
);
console.log('|---|---|---|---|---|');
for (const row of rows) console.log(`| ${row.join(' | ')} |`);
console.log('\n*Host* is without Electron and without the window. The app itself, as `npm run bench:app` saw it:\n');
for (const line of appLines(await readAppReport())) console.log(line);
process.exit(0);
