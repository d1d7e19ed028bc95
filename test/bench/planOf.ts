/**
 * Says what a host must be asked to open the plan that the app has kept of a model: `tsx test/bench/planOf.ts <user data> <model>` prints it.
 * A process of its own asks the GPU: one that stays would keep the driver awake for the launches that are timed.
 */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { keyOf, sameKey } from '../../app/race';
import { openRig } from '../../factory/engines/rig';
import { paths } from '../../main/paths';
import { candidatesOf, configurationOf, idOf } from '../../main/setup/candidates';
import { readEntry } from '../../storage/cache';
import { cacheKey } from '../../storage/cacheKey';
import { executables } from '../e2e/app';
import type { HostLoad } from './bareElectron';

const root = path.resolve(import.meta.dirname, '..', '..');

/** @param userData of an app that has prepared the model and is closed. @throws Error where no GPU serves, or nothing was kept. */
export async function planOf(userData: string, model: string): Promise<HostLoad> {
  const tsx = path.join(root, 'node_modules', 'tsx', 'dist', 'cli.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, [tsx, import.meta.filename, userData, model], {
    cwd: root,
  });
  return JSON.parse(stdout) as HostLoad;
}

async function find(userData: string, model: string): Promise<HostLoad> {
  const { rig, cards, catalog } = await openRig();
  const card = cards.find(({ id }) => id === model);
  if (!card) throw new Error(`No model ${model}`);
  const { key, folder } = await cacheKey(userData);
  const where = paths(path.join(path.dirname(executables[process.platform] ?? ''), 'resources'), true);
  const tasks = candidatesOf(card, rig, catalog, where, path.join(folder, 'engines'), key);
  const [first] = tasks;
  if (!first) throw new Error(`No engine of ${model} fits this GPU`);
  const found = await readEntry(first.cacheDir, first.identity, key);
  if (found.kind !== 'hit') throw new Error(`The app has prepared no ${model}: ${found.kind}`);
  const winner = tasks.find((task) => sameKey(keyOf(task), found.entry.race.winner));
  if (!winner) throw new Error(`The entry of ${model} is of no candidate`);
  return { pixels: where.pixels, configuration: configurationOf(tasks), call: 'openGpu', args: idOf(winner) };
}

if (process.argv[1] === import.meta.filename) {
  const [userData = '', model = ''] = process.argv.slice(2);
  process.stdout.write(JSON.stringify(await find(userData, model)));
  // The engine library may hold the process.
  process.exit(0);
}
