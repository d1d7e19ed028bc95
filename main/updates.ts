/**
 * Updates of the app itself, by electron-updater: looked for once a start, fetched in the background, installed when the app
 * is closed. What the server says is taken only with our signature over it, base64 in a file of the same name and `.sig`; it
 * holds the sha512 of what is fetched. Anything else is a line in the log, and the version that is there goes on.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { autoUpdater } from 'electron-updater';
import { GenericProvider } from 'electron-updater/out/providers/GenericProvider';
import { load } from 'js-yaml';
import { z } from 'zod';
import { isSigned } from './signature';

/** What electron-builder writes beside the asar, where the package is one that updates itself. */
const Config = z.object({ provider: z.literal('generic'), url: z.url({ protocol: /^https?$/ }) });

type Request = Parameters<GenericProvider['httpRequest']>;

/** A folder on a server, of whose words only the signed ones count. */
export const signedProvider = (key: string) =>
  class extends GenericProvider {
    /** @throws Error where the answer has no signature of `key`. */
    protected override async httpRequest(url: URL, ...rest: Request extends [URL, ...infer R] ? R : never) {
      const text = await super.httpRequest(url, ...rest);
      const signatureUrl = new URL(url);
      signatureUrl.pathname += '.sig';
      const signature = await super.httpRequest(signatureUrl, ...rest);
      if (!isSigned(Buffer.from(text ?? ''), signature ?? '', key))
        throw new Error(`${url.pathname} is not what was signed; no update is taken`);
      return text;
    }
  };

/**
 * Never throws.
 * @param resources where the packaged app's files lie. @param key whose signature an update must have (`trustedKey`'s form).
 */
export async function startUpdates(
  resources: string,
  key: string,
  log: Pick<Console, 'info' | 'warn' | 'error'>,
): Promise<void> {
  try {
    const text = await readFile(path.join(resources, 'app-update.yml'), 'utf8').catch(() => null);
    if (text === null) return;
    const { url } = Config.parse(load(text));
    autoUpdater.logger = log;
    autoUpdater.allowDowngrade = false;
    autoUpdater.disableWebInstaller = true;
    autoUpdater.setFeedURL({ provider: 'custom', url, updateProvider: signedProvider(key) as never });
    const found = await autoUpdater.checkForUpdates();
    await found?.downloadPromise;
  } catch (error) {
    log.warn('update refused', error instanceof Error ? error.message : error);
  }
}
