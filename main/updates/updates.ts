/**
 * Updates of the app itself, by electron-updater: looked for once a start, fetched in the background, installed when the app
 * is closed. What the server says is taken only with our signature over it, base64 in a file of the same name and `.sig`; it
 * holds the size and the sha512 of what is fetched. Anything else is a line in the log, and the version that is there goes on.
 *
 * electron-updater decides and installs, but fetches nothing: it keeps what any server says whole in memory, follows redirects
 * without end, reads block maps that nobody signed and writes a download to the disk for as long as it comes.
 */
import { createHash } from 'node:crypto';
import { open, readdir, rm, statfs } from 'node:fs/promises';
import path from 'node:path';
import { autoUpdater, type UpdateInfo } from 'electron-updater';
import { GenericProvider } from 'electron-updater/out/providers/GenericProvider';
import { load } from 'js-yaml';
import { z } from 'zod';
import { readText } from '../../storage/readBounded';
import { isSigned } from '../../storage/signature';
import { fetchBounded, fetchText, isSafe } from './fetchBounded';

/** What electron-builder writes beside the asar, where the package is one that updates itself. */
const Config = z.object({ provider: z.literal('generic'), url: z.url().refine((url) => isSafe(new URL(url))) });

/** What is said of an update has a few hundred bytes. */
const maxSaid = 64 << 10;
/** What an update leaves free on the disk. */
const reserve = 1 << 30;

/** Bytes by address, as signed. */
type Sizes = Map<string, unknown>;

/** A folder on a server, of whose words only the signed ones count. @param sizes is filled with what they say. */
const signedProvider = (key: string, sizes: Sizes) =>
  class extends GenericProvider {
    /** @throws Error where the answer has no signature of `key`. */
    protected override async httpRequest(url: URL) {
      const text = await fetchText(url, maxSaid);
      const signatureUrl = new URL(url);
      signatureUrl.pathname += '.sig';
      if (!isSigned(Buffer.from(text), await fetchText(signatureUrl, maxSaid), key))
        throw new Error(`${url.pathname} is not what was signed; no update is taken`);
      return text;
    }

    override resolveFiles(info: UpdateInfo) {
      const files = super.resolveFiles(info);
      for (const { url, info: said } of files) sizes.set(url.href, said.size);
      return files;
    }
  };

/** All of electron-updater's executor that its updaters ask for where they fetch whole files. */
const executor = (sizes: Sizes) => ({
  /**
   * @param file in the folder that electron-updater keeps for one download, which is emptied first.
   * @throws Error where the disk has no room, or what comes is not what was signed; then electron-updater empties the folder.
   */
  async download(url: URL, file: string, { sha512 }: { sha512: string }): Promise<void> {
    const size = sizes.get(url.href);
    if (typeof size !== 'number') throw new Error(`${url.pathname} has no signed size`);
    const folder = path.dirname(file);
    // What a start that was killed had fetched of another version would stay for good.
    for (const left of await readdir(folder)) await rm(path.join(folder, left), { recursive: true });
    await requireRoom(folder, size);
    // electron-updater removes the installed AppImage before it moves the new one there.
    if (process.env.APPIMAGE) await requireRoom(path.dirname(process.env.APPIMAGE), size);
    const hash = createHash('sha512');
    const out = await open(file, 'wx');
    try {
      await fetchBounded(url, size, async (bytes) => {
        hash.update(bytes);
        await out.writeFile(bytes);
      });
      await out.sync();
    } finally {
      await out.close();
    }
    if (hash.digest('base64') !== sha512) throw new Error(`${url.pathname} is not what was signed`);
  },
});

/** So that no updater asks its executor for anything but `download`. */
export const settings = { allowDowngrade: false, disableWebInstaller: true, disableDifferentialDownload: true };

/** @throws Error where `folder`'s disk would have less than the reserve left. */
async function requireRoom(folder: string, size: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < size + reserve)
    throw new Error(`an update of ${size} bytes needs ${size + reserve} free; there are ${bavail * bsize}`);
}

type Log = Pick<Console, 'info' | 'warn' | 'error'>;

/** The first line, and not all of a long one: some of it may be a server's. */
const lineOf = (said: unknown): string =>
  String(said)
    .slice(0, 300)
    .split(/[\r\n]/, 1)
    .join('')
    .replace(/\p{Cc}/gu, ' ');

/**
 * Never throws.
 * @param resources where the packaged app's files lie. @param key whose signature an update must have (`trustedKey`'s form).
 */
export async function startUpdates(resources: string, key: string, log: Log): Promise<void> {
  try {
    const text = await readText(path.join(resources, 'app-update.yml'), 2 ** 16, { follow: true }).catch(() => null);
    if (text === null) return;
    const { success, data } = Config.safeParse(load(text));
    if (!success) throw new Error('app-update.yml names no server that is asked by https:');
    autoUpdater.logger = {
      info: (said) => log.info(lineOf(said)),
      warn: (said) => log.warn(lineOf(said)),
      error: (said) => log.error(lineOf(said)),
    };
    const sizes: Sizes = new Map();
    Object.assign(autoUpdater, settings, { httpExecutor: executor(sizes) });
    autoUpdater.setFeedURL({ provider: 'custom', url: data.url, updateProvider: signedProvider(key, sizes) as never });
    const found = await autoUpdater.checkForUpdates();
    await found?.downloadPromise;
  } catch (error) {
    log.warn('update refused', lineOf(error));
  }
}
