/** A copy of the packaged app that ships kernels compiled by this machine's GPU. */
import { execFile } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { parseCatalog } from '../../app/catalog';
import { kernelsFile } from '../../app/engineFile';
import { catalogText, withKernels } from '../../factory/engines/catalogFile';
import { type KernelsList, readKernelsList } from '../../factory/engines/kernels';
import { signatureFile, trustedKey } from '../../storage/signature';
import { copyPackage, type PackageCopy } from '../e2e/packageCopy';

const root = path.resolve(import.meta.dirname, '..', '..');

/** Compiles the kernels of every engine that this GPU loads. @throws Error where no GPU serves. */
export async function packageWithKernels(): Promise<PackageCopy> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'refit-kernels-'));
  try {
    // In a process of its own: one that stays would keep the driver awake for the launches that are timed.
    const script = path.join(root, 'factory', 'engines', 'kernels.ts');
    const tsx = path.join(root, 'node_modules', 'tsx', 'dist', 'cli.mjs');
    await promisify(execFile)(process.execPath, [tsx, script, '--out', folder], { cwd: root });
    const copy = await copyPackage();
    await shipKernels(copy, folder, await readKernelsList(folder));
    return copy;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Lays kernels into a copy and lists them in its catalog. The catalog is signed by a key of its own, which takes the trusted one's place in
 * the copy's code, so that whoever has no signing key can measure too.
 */
export async function shipKernels(copy: PackageCopy, folder: string, { kernels }: KernelsList): Promise<void> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const key = publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
  const asar = await readFile(path.join(copy.resources, 'app.asar'), 'latin1');
  if (!asar.includes(trustedKey)) throw new Error('The packaged app trusts another key: npm run package');
  await copy.replace('app.asar', Buffer.from(asar.replaceAll(trustedKey, key), 'latin1'));

  const name = 'engines/catalog.json';
  const catalog = parseCatalog(await readFile(path.join(copy.resources, name), 'utf8'), name);
  const text = Buffer.from(catalogText(withKernels(catalog, kernels)));
  await copy.ship({
    [name]: text,
    [signatureFile(name)]: Buffer.from(sign(null, text, privateKey).toString('base64')),
    ...Object.fromEntries(
      await Promise.all(
        kernels.map(async (entry) => {
          const file = kernelsFile(entry);
          return [`engines/${file}`, await readFile(path.join(folder, file))] as const;
        }),
      ),
    ),
  });
}
