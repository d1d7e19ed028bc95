/** electron-updater's own updaters of every platform, at what they ask of the one that fetches for them. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { AppImageUpdater, type AppUpdater, DebUpdater, NsisUpdater, PacmanUpdater, RpmUpdater } from 'electron-updater';
import { GenericProvider } from 'electron-updater/out/providers/GenericProvider';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { settings } from './updates';

// Not there outside of Electron; nothing of it is called.
vi.mock('electron', () => ({ net: {}, session: {} }));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'updates-'));
  vi.stubEnv('APPIMAGE', path.join(folder, 'Refit.AppImage'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

const bytes = Buffer.from('an update');
const sha512 = createHash('sha512').update(bytes).digest('base64');

/** Runs `updater` with an update, beside which lie block maps; the update is a web installer's where there is `packages`. */
async function update(updater: AppUpdater, extension: string, packages?: object): Promise<string[]> {
  const config = path.join(folder, 'app-update.yml');
  await writeFile(config, 'provider: generic\nurl: https://updates.invalid\nupdaterCacheDirName: updater\n');
  const url = `Refit.${extension}`;
  const info = { version: '0.2.0', path: url, sha512, releaseDate: '', ...(packages && { packages }) };
  const files = [{ url, sha512, size: bytes.length, blockMapSize: 4 }];
  const provider = class extends GenericProvider {
    override getLatestVersion = async () => ({ ...info, files });
  };
  const asked: string[] = [];
  const download = (_url: URL, file: string) => writeFile(file, bytes);
  const httpExecutor = new Proxy(
    { download },
    {
      get(target, method) {
        asked.push(String(method));
        return method === 'download' ? target.download : undefined;
      },
    },
  );
  Object.assign(updater, settings, { httpExecutor, logger: null });
  updater.updateConfigPath = config;
  updater.setFeedURL({ provider: 'custom', url: 'https://updates.invalid', updateProvider: provider as never });
  const found = await updater.checkForUpdates();
  await found?.downloadPromise;
  return asked;
}

/** What an updater asks of the app that it updates. */
const app = () => ({
  version: '0.1.0',
  name: 'refit',
  isPackaged: true,
  appUpdateConfigPath: '',
  userDataPath: folder,
  baseCachePath: folder,
  whenReady: async () => undefined,
  relaunch: () => undefined,
  quit: () => undefined,
  onQuit: () => undefined,
});

test.each([
  ['AppImage', AppImageUpdater],
  ['deb', DebUpdater],
  ['exe', NsisUpdater],
  ['rpm', RpmUpdater],
  ['pacman', PacmanUpdater],
] as const)('the updater of %s asks for the whole file, and for no block map or part', async (extension, Updater) => {
  expect(await update(new Updater(null, app()), extension)).toEqual(['download']);
});

test('the updater of Windows asks for no file that a web installer would fetch', async () => {
  const packages = { [process.arch]: { path: 'package.7z', sha512, size: 9, blockMapSize: 4 } };
  await expect(update(new NsisUpdater(null, app()), 'exe', packages)).rejects.toThrow(/Web Installers are disabled/);
});
