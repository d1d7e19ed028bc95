/**
 * docs/app-report.json: what the packaged app reaches with its window, which no other measurement has in it. Taken by hand; the
 * GPU report and bench print it beside their own, which is the engine host's alone.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';

/** Tiles a second. */
const Rate = z.number().positive();
const AppReport = z.strictObject({
  gpu: z.string(),
  /** How it was taken, in sentences. */
  how: z.string(),
  jobs: z.array(
    z.strictObject({
      model: z.string(),
      profile: z.string(),
      /** The picture's, in pixels. */
      width: z.int(),
      height: z.int(),
      /** The addon's loop without anything of ours around it. */
      bare: Rate,
      /** The app's, its window drawn by a GPU, and in software; null where it was not taken. */
      gpu: Rate.nullable(),
      software: Rate.nullable(),
    }),
  ),
});
export type AppReport = z.infer<typeof AppReport>;

/** @throws Error where the file is not as it should be. */
export async function readAppReport(
  file = path.resolve(import.meta.dirname, '..', 'docs', 'app-report.json'),
): Promise<AppReport> {
  return AppReport.parse(JSON.parse(await readFile(file, 'utf8')));
}

/** As Markdown, without a heading. */
export function appLines({ gpu, how, jobs }: AppReport): string[] {
  const cell = (rate: number | null, bare: number): string =>
    rate === null ? '' : `${rate} (${(rate / bare).toPrecision(rate / bare < 0.1 ? 1 : 2)})`;
  return [
    `${gpu}. ${how} In brackets the share of the bare loop.`,
    '',
    '| engine | picture | bare tiles per s | app, window drawn by a GPU | app, window drawn in software |',
    '|---|---|---:|---:|---:|',
    ...jobs.map((job) => {
      const { model, profile, width, height, bare } = job;
      const rates = `${cell(job.gpu, bare)} | ${cell(job.software, bare)}`;
      return `| ${model} ${profile} | ${width} × ${height} | ${bare} | ${rates} |`;
    }),
  ];
}
