/** Makes copies of the packaged app, for tests to damage. */
import { execFileSync } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test as base, executables, launch, type RunningApp } from './app';
import { root } from './pictures';

export interface Copy {
  /** The copy's resources folder. */
  resources: string;
  /** Removes a file or folder below `resources/`. */
  remove(file: string): Promise<void>;
  /** Puts other bytes in a file's place. */
  replace(file: string, content: string | Buffer): Promise<void>;
  /** Lays a new file beside the others. */
  add(file: string, content: string): Promise<void>;
  /** @param env added to this process's environment. */
  launch(env?: Record<string, string>): Promise<RunningApp>;
}

/** `copy` is a packaged app of the test's own. */
export const test = base.extend<{ copy: Copy }>({
  copy: async ({ userDataDir }, use) => {
    const executable = executables[process.platform] ?? '';
    const parent = await mkdtemp(path.join(root, 'release', 'damaged-'));
    const copied = path.join(parent, 'app');
    // Half a gigabyte, so hard links where there are any. That is why tests replace files and never write into them.
    if (process.platform === 'linux') execFileSync('cp', ['-al', path.dirname(executable), copied]);
    else await cp(path.dirname(executable), copied, { recursive: true });
    const at = (file: string) => path.join(copied, 'resources', ...file.split('/'));
    const remove = (file: string) => rm(at(file), { recursive: true });
    let running: RunningApp | undefined;
    await use({
      resources: at(''),
      remove,
      replace: async (file, content) => {
        await remove(file);
        await writeFile(at(file), content);
      },
      add: (file, content) => writeFile(at(file), content),
      launch: async (env = {}) => {
        running = await launch({ userDataDir, env, executable: path.join(copied, path.basename(executable)) });
        return running;
      },
    });
    await running?.close();
    await rm(parent, { recursive: true, force: true, maxRetries: 3 });
  },
});
