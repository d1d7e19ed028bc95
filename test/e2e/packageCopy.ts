/** A copy of the packaged app that may be changed. */
import { execFileSync } from 'node:child_process';
import { sign } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { hashPieces, Manifest, manifestName } from '../../storage/manifest';
import { signatureFile } from '../../storage/signature';
import { executables } from './app';
import { root } from './pictures';

export interface PackageCopy {
  executable: string;
  /** The copy's resources folder. */
  resources: string;
  /** Removes a file or folder below `resources/`. */
  remove(file: string): Promise<void>;
  /** Puts other bytes in a file's place. @throws Error where there is no such file. */
  replace(file: string, content: string | Buffer): Promise<void>;
  /** Lays a new file beside the others. */
  add(file: string, content: string | Buffer): Promise<void>;
  /** Lays files below `resources/`, and signs the manifest that names them with the build's own key, as the package is. */
  ship(files: Readonly<Record<string, Buffer>>): Promise<void>;
  /** Removes the copy. */
  dispose(): Promise<void>;
}

/** Half a gigabyte, so hard links where there are any. That is why files are replaced and never written into. */
export async function copyPackage(): Promise<PackageCopy> {
  const executable = executables[process.platform] ?? '';
  const parent = await mkdtemp(path.join(root, 'release', 'copy-'));
  const copied = path.join(parent, 'app');
  if (process.platform === 'linux') execFileSync('cp', ['-al', path.dirname(executable), copied]);
  else await cp(path.dirname(executable), copied, { recursive: true });
  const at = (file: string) => path.join(copied, 'resources', ...file.split('/'));
  const remove = (file: string) => rm(at(file), { recursive: true });
  const replace = async (file: string, content: string | Buffer) => {
    await remove(file);
    await writeFile(at(file), content);
  };
  const add = async (file: string, content: string | Buffer) => {
    await mkdir(path.dirname(at(file)), { recursive: true });
    // Never into what may be a link.
    await rm(at(file), { force: true });
    await writeFile(at(file), content);
  };
  return {
    executable: path.join(copied, path.basename(executable)),
    resources: at(''),
    remove,
    replace,
    add,
    ship: async (files) => {
      const manifest = Manifest.parse(JSON.parse(await readFile(at(manifestName), 'utf8')));
      for (const [file, bytes] of Object.entries(files)) {
        await (manifest.files[file] ? replace : add)(file, bytes);
        manifest.files[file] = await hashPieces(at(file));
      }
      const bytes = Buffer.from(JSON.stringify(manifest));
      const key = await readFile(path.join(root, 'release', 'build-key.pem'));
      await replace(manifestName, bytes);
      await replace(signatureFile(manifestName), sign(null, bytes, key).toString('base64'));
    },
    dispose: () => rm(parent, { recursive: true, force: true, maxRetries: 3 }),
  };
}
