/** First and second start where no GPU serves: this machine is one, whatever it is that is missing. */
import { readdir } from 'node:fs/promises';
import { modelFolders, readCard } from '../models/prepare';
import { expect, launch, type RunningApp, test } from './app';
import { ready } from './steps';

test.skip(process.env.REFIT_E2E_GPU === '1', 'There is a GPU here: see gpu.spec.ts.');

async function expectProcessorAndWhy(refit: RunningApp): Promise<void> {
  const { window } = refit;
  await ready(refit);
  await expect(window.getByTestId('why')).toHaveText('Running on your processor. Why?');
  await window.getByTestId('why').click();
  const card = window.getByTestId('why-card');
  await expect(card).toContainText('No NVIDIA driver was found.');
  await expect(card).toContainText('install its driver from nvidia.com and start Refit again');
  await expect(card).toContainText('Everything works, only slower.');
}

test('says on the first start that it runs on the processor, why, and what would help', async ({ refit }) => {
  await ready(refit);
  await refit.screenshots('empty');
  await expectProcessorAndWhy(refit);
  await refit.window.getByTestId('why-card').locator('summary').click();
  await expect(refit.window.getByTestId('why-card').locator('pre')).toContainText(/cuda/i);
  await refit.screenshots('why');
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
  const tools = await first.window.locator('.tool-name').allTextContents();
  await first.close();
  const second = await launch({ userDataDir });
  await expectProcessorAndWhy(second);
  const cards = await Promise.all((await modelFolders()).map(readCard));
  const names = cards.filter(({ partOf }) => !partOf).sort((a, b) => a.order - b.order);
  expect(tools).toEqual(names.map(({ name }) => name));
  expect(await second.window.locator('.tool-name').allTextContents()).toEqual(tools);
  await second.close();
  expect(await readdir(userDataDir)).not.toContain('engines');
});
