/** `copy` is a packaged app of the test's own, to damage. */
import { test as base, launch, type RunningApp } from './app';
import { copyPackage, type PackageCopy } from './packageCopy';

export interface Copy extends PackageCopy {
  /** @param env added to this process's environment. */
  launch(env?: Record<string, string>): Promise<RunningApp>;
}

export const test = base.extend<{ copy: Copy }>({
  copy: async ({ userDataDir }, use) => {
    const copy = await copyPackage();
    let running: RunningApp | undefined;
    await use({
      ...copy,
      launch: async (env = {}) => {
        running = await launch({ userDataDir, env, executable: copy.executable });
        return running;
      },
    });
    await running?.close();
    await copy.dispose();
  },
});
