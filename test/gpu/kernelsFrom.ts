/**
 * Whether this GPU takes kernels that another card of its SM version compiled, and what they save: each model's first launch without and
 * with them. Prints a table for docs/compatibility.md.
 *
 *   npm run kernels -- --out DIR             on the one machine
 *   npx tsx test/gpu/kernelsFrom.ts DIR      on the other
 */
import path from 'node:path';
import { kernelsFile } from '../../app/engineFile';
import { readKernelsList } from '../../factory/engines/kernels';
import { openRig } from '../../factory/engines/rig';
import { firstLaunch } from './firstLaunch';

const [folder] = process.argv.slice(2);
if (!folder) throw new Error('Which folder? npx tsx test/gpu/kernelsFrom.ts DIR');
const { gpu, driver, kernels } = await readKernelsList(folder);
const { rig, cards, catalog } = await openRig();
const from = {
  ...rig.paths,
  kernels: (entry: Parameters<typeof kernelsFile>[0]) => path.join(folder, kernelsFile(entry)),
};
const { kernels: _, ...bare } = catalog;

console.log(`Compiled by ${gpu}, driver ${driver}; tried on ${rig.gpu.name}, driver ${rig.driver.version}.\n`);
console.log('| model | kernels | taken | right picture ms: compiled here | with the kernels | of that, the check |');
console.log('|---|---:|---|---:|---:|---:|');
for (const card of cards) {
  const own = kernels.filter(({ model }) => model === card.id);
  if (own.length === 0) continue;
  const without = await firstLaunch(rig.paths, card, bare);
  const taken = await firstLaunch(from, card, { ...bare, kernels: own });
  const bytes = own.reduce((sum, { compressedBytes }) => sum + compressedBytes, 0);
  const check = (launch: typeof taken): string => (launch.steps.check ?? Number.NaN).toFixed(0);
  console.log(
    `| ${card.id} | ${(bytes / 1e6).toFixed(2)} MB | ${taken.withKernels ? 'yes' : 'no'} | ${without.checkedMs.toFixed(0)} | ${taken.checkedMs.toFixed(0)} |` +
      ` ${check(without)} → ${check(taken)} |`,
  );
}
// The addon's threads would keep the process alive.
process.exit(0);
