import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';

const root = path.resolve(import.meta.dirname, '..');
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');
const versions = z
  .object({ dependencies: z.record(z.string(), z.string()), devDependencies: z.record(z.string(), z.string()) })
  .transform((manifest) => ({ ...manifest.dependencies, ...manifest.devDependencies }))
  .parse(JSON.parse(read('package.json')));

const shipped = [
  '@fontsource-variable/inter',
  'electron',
  'electron-log',
  'electron-updater',
  'js-yaml',
  'lucide-react',
  'node-addon-api',
  'node-api-headers',
  'onnxruntime-node',
  'proper-lockfile',
  'protobufjs',
  'radix-ui',
  'react',
  'sharp',
  'write-file-atomic',
  'zod',
  'zustand',
];

it.each(shipped)('docs/third-party.md lists %s with the version that ships', (name) => {
  const rows = read('docs/third-party.md').split('\n');
  const row = rows.find((line) => line.includes(`\`${name}\``) || line.startsWith(`| ${name} `));
  expect(row).toContain(`| ${versions[name]} |`);
});
