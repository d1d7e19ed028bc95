import { spawnSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '..');
const biome = createRequire(import.meta.url).resolve('@biomejs/biome/bin/biome');

/** Lays down a project of one file with one import and lints it; whether the layer rule of biome.json refuses it. */
async function isRefused(file: string, from: string): Promise<boolean> {
  const project = await mkdtemp(path.join(os.tmpdir(), 'refit-layers-'));
  try {
    await copyFile(path.join(root, 'biome.json'), path.join(project, 'biome.json'));
    await mkdir(path.dirname(path.join(project, file)), { recursive: true });
    await writeFile(path.join(project, file), `import { thing } from '${from}';\nconsole.log(thing);\n`);
    const { stderr } = spawnSync(process.execPath, [biome, 'lint', '.'], { cwd: project, encoding: 'utf8' });
    return stderr.includes('lint/style/noRestrictedImports');
  } finally {
    await rm(project, { recursive: true, force: true });
  }
}

describe('the layer rule', () => {
  it.each([
    ['app/select.ts', 'node:fs'],
    ['app/select.ts', 'electron'],
    ['app/select.ts', '../main/paths'],
    ['models/photo-x4/tool.ts', '../../main/paths'],
    ['models/photo-x4/tool.ts', 'react'],
    ['models/photo-x4/faces.ts', '../prepare'],
    ['renderer/main.tsx', '../main/paths'],
    ['renderer/workspace/Workspace.tsx', '../../main/paths'],
    ['renderer/main.tsx', '../native/binding'],
    ['renderer/main.tsx', 'electron'],
    ['renderer/main.tsx', 'node:path'],
    ['main/index.ts', '../renderer/store'],
    ['storage/cache.ts', '../host/protocol'],
    ['app/select.ts', '../words/errors'],
    ['host/workbench.ts', '../words/errors'],
    ['storage/cache.ts', '../words/errors'],
    ['models/read-text/tool.ts', '../../words/errors'],
    ['words/errors.ts', '../renderer/store'],
    ['words/errors.ts', 'node:fs'],
    ['storage/cache.ts', '../main/paths'],
    ['storage/cache.ts', 'electron'],
    ['main/setup/prepare.ts', '../../host/workbench'],
    ['factory/cli/export.ts', '../../test/bench/ratios'],
    ['factory/cli/add.ts', '../../tools/licences'],
    ['host/pixels/encode.ts', '../../main/paths'],
    ['host/pixels/encode.ts', '../../renderer/store'],
    ['host/pixels/encode.ts', 'electron'],
    ['native/sdk.ts', '../main/paths'],
    ['factory/models/prepare.ts', '../renderer/store'],
    ['factory/engines/build.ts', '../renderer/store'],
    ['test/bench/ratios.ts', '../renderer/store'],
    ['test/e2e/screens.spec.ts', '../renderer/store'],
    ['test/e2e/screens.spec.ts', '../renderer/dev/fake'],
  ])('keeps %s from importing %s', async (file, from) => {
    expect(await isRefused(file, from)).toBe(true);
  });

  it.each([
    ['app/select.ts', 'zod'],
    ['app/select.ts', './catalog'],
    ['models/photo-x4/tool.ts', '../../app/tiles'],
    ['models/photo-x4/tool.ts', '../tool'],
    ['models/photo-x4/tool.ts', './faces'],
    ['renderer/main.tsx', '../app/contract'],
    ['renderer/main.tsx', './store'],
    ['renderer/main.tsx', '../models/photo-x4/tool'],
    ['renderer/main.tsx', '../words/errors'],
    ['main/index.ts', '../words/errors'],
    ['factory/cli/select.ts', '../../words/errors'],
    ['words/errors.ts', '../app/errors'],
    ['main/index.ts', '../app/contract'],
    ['host/sessions/session.ts', '../native/binding'],
    ['storage/cache.ts', '../app/errors'],
    ['main/setup/prepare.ts', '../../host/protocol'],
    ['main/setup/prepare.ts', '../../storage/cache'],
    ['host/pixels/encode.ts', '../../app/errors'],
    ['host/pixels/encode.ts', '../../native/pixels'],
    ['host/pixels/encode.ts', 'node:zlib'],
    ['test/bench/ratios.ts', '../main/paths'],
    ['test/e2e/screens.spec.ts', '../renderer/dev/scenes'],
  ])('lets %s import %s', async (file, from) => {
    expect(await isRefused(file, from)).toBe(false);
  });
});
