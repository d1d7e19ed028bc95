/** Writes and reports the faults that test runs made: `test-results/<run>.faults.json`. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';

const ending = '.faults.json';
/** The command of the runs that need no GPU. */
export const faultsCommand = 'npm run test:integration -- test/faults';
/** The command of the other runs. */
export const gpuFaultsCommand = 'npm run test:gpu -- test/faults';

const FaultTally = z.strictObject({
  /** The part that failed, or was cut off. */
  name: z.string(),
  injected: z.int(),
  /** Faults after which something was not as promised. */
  survivors: z.int(),
  /** The command that makes these faults again. */
  command: z.enum([faultsCommand, gpuFaultsCommand]),
});
export type FaultTally = z.infer<typeof FaultTally>;

const fileOf = (dir: string, run: string): string => path.join(dir, `${run}${ending}`);

/** @param run a file name without ending. */
export async function writeTally(dir: string, run: string, tally: FaultTally): Promise<void> {
  await mkdir(dir, { recursive: true });
  await writeFile(fileOf(dir, run), `${JSON.stringify(tally)}\n`);
}

/** Removes a run's tally at its start: a run that is cut off must not leave the figures of the one before. */
export const dropTally = (dir: string, run: string): Promise<void> => rm(fileOf(dir, run), { force: true });

/** A line for each run and one for all, or what to do where there was none. */
export async function faultReport(dir: string): Promise<{ lines: string[]; survivors: number }> {
  const files = (await readdir(dir).catch(() => [] as string[])).filter((file) => file.endsWith(ending)).sort();
  if (files.length === 0)
    return { lines: [`No faults injected yet, or not to the end: \`${faultsCommand}\` does.`], survivors: 0 };
  const read = await Promise.all(
    files.map(async (file) => FaultTally.safeParse(JSON.parse(await readFile(path.join(dir, file), 'utf8'))).data),
  );
  const tallies = read.filter((tally) => tally !== undefined);
  const sum = (key: 'injected' | 'survivors'): number => tallies.reduce((total, each) => total + each[key], 0);
  const total = { injected: sum('injected'), survivors: sum('survivors') };
  const lines = tallies.map((tally) => line(`${tally.name} (\`${tally.command}\`)`, tally));
  // Tallies that an earlier version of these tests wrote.
  const unread = files.filter((_, i) => !read[i]).map((file) => `${file} is not as it is written now: make it again`);
  return { lines: [...lines, ...unread, line('in all', total)], survivors: total.survivors };
}

const line = (name: string, { injected, survivors }: Pick<FaultTally, 'injected' | 'survivors'>): string =>
  `${injected.toLocaleString('en').padStart(9)} faults injected, ${survivors.toLocaleString('en')} survivors: ${name}`;
