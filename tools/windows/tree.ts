/** A copy of the working tree with the packages for Windows, in `.cache/windows/tree`, which tests run in. */
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { command, type Log } from '../../native/commands';
import { cache, root } from './fetch';

export const tree = path.join(cache, 'tree');
const stamp = path.join(tree, 'node_modules', '.refit-packages');

/** Brings the copy up to date: every file that git has or would have, and the packages of the lock file. */
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

/** What an earlier copy left; of what set-ups and tests make in it nothing. */
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
