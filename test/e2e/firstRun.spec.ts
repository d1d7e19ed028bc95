/** First and second start on a machine without a GPU that serves. gpu.spec.ts has those with one. */
import { readdir } from 'node:fs/promises';
import { AppError } from '../../app/errors';
import { selectDevice } from '../../app/select';
import { toolsOf } from '../../app/tools';
import { here } from '../../factory/cli/machine';
import { modelFolders, readCard } from '../../factory/models/prepare';
import { wordsOf } from '../../words/errors';
import { expect, launch, type RunningApp, test } from './app';
import { ready } from './steps';

/** The device that the app must select too: asked of the same addon, in this process. */
const device = selectDevice(here().machine);
test.skip(device.kind === 'gpu', 'A GPU serves here: see gpu.spec.ts.');
const reason = device.kind === 'cpu' ? device.reason : new AppError('GPU_NONE', {}).toReport();

async function expectProcessorAndWhy(refit: RunningApp): Promise<void> {
  const { window } = refit;
  await ready(refit);
  await expect(window.getByTestId('why')).toHaveText('Running on your processor. Why?');
  await window.getByTestId('why').click();
  const card = window.getByTestId('why-card');
  const { message, remedy } = wordsOf(reason);
  await expect(card).toContainText(message);
  await expect(card).toContainText(remedy);
  await expect(card).toContainText('Everything works, only slower.');
}

test('says on the first start that it runs on the processor, why, and what would help', async ({ refit }) => {
  await ready(refit);
  await refit.screenshots('empty');
  await expectProcessorAndWhy(refit);
  await refit.screenshots('why');
});

test('keeps what the system said for those who ask', async ({ refit }) => {
  test.skip(reason.detail === '', "This machine's system has nothing to say.");
  await ready(refit);
  await refit.window.getByTestId('why').click();
  const card = refit.window.getByTestId('why-card');
  await card.locator('summary').click();
  await expect(card.locator('pre')).toHaveText(reason.detail);
  await refit.screenshots('why-details');
});

test('closes the card with Esc and gives the focus back', async ({ refit }) => {
  await ready(refit);
  await refit.window.getByTestId('why').click();
  await refit.window.keyboard.press('Escape');
  await expect(refit.window.getByTestId('why-card')).toBeHidden();
  await expect(refit.window.getByTestId('why')).toBeFocused();
});

test('looks for the GPU again when asked', async ({ refit }) => {
  await expectProcessorAndWhy(refit);
  await refit.window.getByTestId('why-retry').click();
  await expect(refit.window.getByTestId('why')).toBeVisible();
});

test('works the same on the second start', async ({ userDataDir }) => {
  const first = await launch({ userDataDir });
  await ready(first);
  const tools = await first.window.locator('[data-testid="name-of-tool"]').allTextContents();
  await first.close();
  const second = await launch({ userDataDir });
  await expectProcessorAndWhy(second);
  const cards = await Promise.all((await modelFolders()).map(readCard));
  const names = toolsOf(cards).sort((a, b) => a.order - b.order);
  expect(tools).toEqual(names.map(({ name }) => name));
  expect(await second.window.locator('[data-testid="name-of-tool"]').allTextContents()).toEqual(tools);
  await second.close();
  expect(await readdir(userDataDir)).not.toContain('engines');
});
