/** A copy of the working tree with the packages for Windows, in `.cache/windows/tree`, which tests run in. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, cp, mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { defaultRuntime, versionOf } from '../../app/runtimes';
import { prepareModels } from '../../factory/models/prepare';
import { command, type Log } from '../../native/commands';
import { provideWindowsAddon } from './addon';
import { cache, root } from './fetch';

export const tree = path.join(cache, 'tree');
const stamp = path.join(tree, 'node_modules', '.refit-packages');

/** Brings the copy up to date: every file that git tracks or would track, and the packages of the lock file. */
export async function provideTree(log: Log): Promise<void> {
  await mkdir(tree, { recursive: true });
  const files = await ownFiles();
  const kept = new Set(files);
  for (const file of await filesThere()) if (!kept.has(file)) await rm(path.join(tree, file));
  for (const file of files) await copyChanged(file);
  const packages = createHash('sha256')
    .update(await readFile(path.join(root, 'package-lock.json')))
    .digest('hex');
  if ((await readFile(stamp, 'utf8').catch(() => '')) === packages) return;
  log('Fetching the packages for Windows (npm ci)');
  const options = ['--os=win32', '--cpu=x64', '--ignore-scripts', '--no-audit', '--no-fund'];
  await command('npm', ['ci', '--prefix', tree, ...options]);
  await writeFile(stamp, packages);
}

/** What set-up makes and integration tests need: the addons (addon.ts) with NVIDIA's DLLs, and the models as they are prepared here. */
export async function provideParts(log: Log): Promise<void> {
  const made = await provideWindowsAddon(log);
  const build = path.join(tree, 'native', 'build');
  await mkdir(build, { recursive: true });
  for (const name of await readdir(made))
    if (name.endsWith('.node')) await copyFile(path.join(made, name), path.join(build, name));
  await cp(path.join(made, 'lib'), path.join(tree, 'native', 'sdk', versionOf(defaultRuntime), 'lib'), {
    recursive: true,
  });
  await prepareModels(log);
  for (const model of await readdir(path.join(root, 'models'))) {
    const prepared = path.join('models', model, 'prepared');
    if (existsSync(path.join(root, prepared)))
      await cp(path.join(root, prepared), path.join(tree, prepared), { recursive: true });
  }
}

async function ownFiles(): Promise<string[]> {
  const printed = await command('git', ['-C', root, 'ls-files', '-z', '--cached', '--others', '--exclude-standard']);
  const listed = printed.split('\0').filter(Boolean);
  const isThere = await Promise.all(
    listed.map((file) =>
      stat(path.join(root, file)).then(
        (found) => found.isFile(),
        () => false,
      ),
    ),
  );
  return listed.filter((_, index) => isThere[index]);
}

/** Files that an earlier copy laid there, without those that set-up and tests made since. */
async function filesThere(): Promise<string[]> {
  const folders = await readdir(tree, { withFileTypes: true });
  const top = folders.filter(({ name }) => !['node_modules', 'test-results'].includes(name));
  const found = await Promise.all(
    top.map(async (entry) => {
      if (!entry.isDirectory()) return [entry.name];
      const below = await readdir(path.join(tree, entry.name), { recursive: true, withFileTypes: true });
      return below
        .filter((each) => each.isFile())
        .map((each) => path.relative(tree, path.join(each.parentPath, each.name)));
    }),
  );
  return found.flat().filter((file) => !/^(native\/(build|sdk)\/|models\/[^/]+\/prepared\/)/.test(file));
}

async function copyChanged(file: string): Promise<void> {
  const [from, to] = [path.join(root, file), path.join(tree, file)];
  const [ours, theirs] = await Promise.all([stat(from), stat(to).catch(() => undefined)]);
  if (theirs && theirs.size === ours.size && theirs.mtimeMs >= ours.mtimeMs) return;
  await mkdir(path.dirname(to), { recursive: true });
  await copyFile(from, to);
  await utimes(to, ours.atime, ours.mtime);
}
