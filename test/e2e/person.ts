/** A person at the window: what they do is counted, so that a test can say how few actions lead to the files. */
import { realpath } from 'node:fs/promises';
import type { RunningApp } from './app';

export interface Person {
  /** What they did so far: each click, each drop, each choice in a dialog of the system's. */
  readonly actions: readonly string[];
  click(testId: string): Promise<void>;
  /** Drops files and folders on the window, as a file manager does. */
  drop(...paths: string[]): Promise<void>;
  /** Clicks what opens a dialog of the system's, and answers that with these: two actions. */
  clickAndChoose(testId: string, ...paths: string[]): Promise<void>;
}

export function personAt({ app, window }: RunningApp): Person {
  const actions: string[] = [];
  const click = async (testId: string): Promise<void> => {
    actions.push(`click ${testId}`);
    await window.getByTestId(testId).click();
  };
  return {
    actions,
    click,
    async drop(...paths) {
      actions.push('drop');
      const files = await Promise.all(paths.map((each) => realpath(each)));
      const [x, y] = await window.evaluate(() => [innerWidth / 2, innerHeight / 3] as const);
      const cdp = await window.context().newCDPSession(window);
      for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
        await cdp.send('Input.dispatchDragEvent', { type, x, y, data: { items: [], files, dragOperationsMask: 1 } });
      await cdp.detach();
    },
    async clickAndChoose(testId, ...paths) {
      actions.push(`choose for ${testId}`);
      await app.evaluate(({ dialog }, filePaths) => {
        const [filePath = ''] = filePaths;
        dialog.showOpenDialog = async () => ({ canceled: false, filePaths });
        dialog.showSaveDialog = async () => ({ canceled: false, filePath });
      }, paths);
      await click(testId);
    },
  };
}
