/**
 * Makes the unpacked app in `release/<platform>-unpacked`: `tsx tools/package.ts [--release]`. A release also makes the
 * platform's installers and refuses any Electron but the official one.
 */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'electron-builder';
import { assertReleasable, provideElectron, unlinkApp } from './electron';

const root = path.resolve(import.meta.dirname, '..');

/** @throws Error that says what to do, before anything is packaged, where `release` is asked of a substitute Electron. */
export async function packageApp(log: (line: string) => void, release: boolean): Promise<void> {
  const electron = await provideElectron(log, { release });
  if (release) assertReleasable(electron);
  await unlinkApp(electron);
  const made = await build({
    projectDir: root,
    dir: !release,
    publish: 'never',
    config: {
      extends: 'electron-builder.yml',
      electronDist: electron.dir,
      electronVersion: electron.version,
      electronFuses: { enableNodeCliInspectArguments: !release },
    },
  });
  log(made.length > 0 ? `Made ${made.join(', ')}` : 'Made the unpacked app in release/');
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: { release: { type: 'boolean', default: process.env.REFIT_RELEASE === '1' } },
  });
  await packageApp(console.log, values.release).catch((error: unknown) => {
    console.error(`✗ ${error instanceof Error ? error.message : error}`);
    process.exit(1);
  });
}
