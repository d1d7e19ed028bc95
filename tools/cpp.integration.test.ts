/** The checks of the C++ on a machine without their tools. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '..');
const tsx = path.join(root, 'node_modules', 'tsx', 'dist', 'cli.mjs');

test.each(['format', 'tidy'])('%s says that it was left out where its tool is missing, and fails in CI', (check) => {
  const run = (strict: string) => {
    const env = { ...process.env, PATH: '', REFIT_STRICT: strict };
    return spawnSync(process.execPath, [tsx, path.join(root, 'tools', 'cpp.ts'), check], { env, encoding: 'utf8' });
  };
  expect(run('')).toMatchObject({ status: 0, stdout: expect.stringContaining('left out') });
  expect(run('1')).toMatchObject({ status: 1, stdout: expect.stringContaining('left out') });
});
