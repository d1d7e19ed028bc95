/** Drives the packaged app's queue by the window's own commands: for tests, and for what measures it. */
import type { RefitApi } from '../../app/contract';
import type { QueueSettings, QueueState, Step } from '../../app/queue';
import { expect, type RunningApp } from './app';
import { filesIn } from './filesIn';

declare const window: { refit: RefitApi };

type Driven = Pick<RunningApp, 'app' | 'window'>;

export const settingsFor = (steps: Step[], change: Partial<QueueSettings['recipe']> = {}): QueueSettings => ({
  recipe: {
    steps,
    format: 'jpeg',
    quality: 90,
    size: { kind: 'whole' },
    keepMetadata: true,
    keepPlace: true,
    text: { format: 'csv', together: true },
    ...change,
  },
  pattern: '{name} {tool}',
  keepFolders: true,
});

/** The system's dialog answers with these from now on. */
const answerDialog = ({ app }: Driven, filePaths: string[]): Promise<void> =>
  app.evaluate(({ dialog }, paths) => {
    dialog.showOpenDialog = async () => ({ canceled: false, filePaths: paths });
  }, filePaths);

export const queueOf = ({ window: page }: Driven): Promise<QueueState> =>
  page.evaluate(async () => {
    const answer = await window.refit.getQueue();
    if (!answer.ok) throw new Error(answer.error.code);
    return answer.value;
  });
export const phaseOf = async (refit: Driven) => (await queueOf(refit)).phase.kind;
/** How many items are in each state: says more than a phase where a test waits in vain. */
export const countsOf = async (refit: Driven): Promise<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const { state } of (await queueOf(refit)).items) counts[state.kind] = (counts[state.kind] ?? 0) + 1;
  return counts;
};

/**
 * Adds a folder's pictures. Resolves once all are listed and the window has told main what a queue begins with. It would otherwise do so
 * after `setQueue`, and another network would run, for minutes.
 */
export async function addFolder(refit: Driven, folder: string): Promise<void> {
  const count = (await filesIn(folder)).filter((file) => /\.(png|jpe?g|webp)$/i.test(file)).length;
  await answerDialog(refit, [folder]);
  await refit.window.evaluate(() => window.refit.chooseForQueue({ what: 'folder', before: null }));
  await expect.poll(async () => (await queueOf(refit)).items.length).toBe(count);
  // It shows no strip of one picture, and sets nothing.
  if (count > 1) await refit.window.getByTestId('queue').waitFor();
}

/** Chooses where results go. */
export async function chooseOutput(refit: Driven, folder: string): Promise<void> {
  await answerDialog(refit, [folder]);
  await refit.window.evaluate(() => window.refit.chooseOutput('choose'));
}

/** @throws Error where other settings hold. */
export async function setQueue(refit: Driven, settings: QueueSettings): Promise<void> {
  await refit.window.evaluate((wanted) => window.refit.setQueue(wanted), settings);
  expect((await queueOf(refit)).settings).toEqual(settings);
}

/** @throws Error where it does not start. */
export async function startQueue(refit: Driven): Promise<void> {
  expect(await refit.window.evaluate(() => window.refit.startQueue())).toEqual({ ok: true, value: null });
}
