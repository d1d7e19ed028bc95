/**
 * Makes the unpacked app in `release/<platform>-unpacked`: `tsx tools/package.ts [--release]`. A release also makes the
 * platform's installers and refuses any Electron but the official one.
 */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'electron-builder';
import { paths } from '../main/paths';
import { readShipped } from '../main/shipped';
import { assertReleasable, provideElectron, unlinkApp } from './electron';

const root = path.resolve(import.meta.dirname, '..');

/** @throws Error that says what to do, before anything is packaged, where `release` is asked of a substitute Electron. */
export async function packageApp(log: (line: string) => void, release: boolean): Promise<void> {
  const electron = await provideElectron(log, { release });
  if (release) {
    assertReleasable(electron);
    await assertSigned();
  }
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

/** @throws Error where the app would refuse its own engines. */
async function assertSigned(): Promise<void> {
  const { notices } = await readShipped(paths(root, false));
  if (notices.length === 0) return;
  const words = notices.map(({ message }) => message).join(' ');
  throw new Error(`A release needs a signed catalog and cards that it knows (npm run refit -- sign). ${words}`);
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
