/** axe checks every screen. Those of a GPU are pretended, as in screens.spec.ts; those of the work are real, on the processor. */
import { AppError } from '../../app/errors';
import { type AppState, initialState } from '../../app/states';
import { scenes, workScenes } from '../../renderer/dev/scenes';
import { expectAccessible } from './accessibility';
import { expect, test as working } from './app';
import { pictures, prepared, readPicture } from './pictures';
import { pretendState, test } from './pretend';
import { chooseFile, chooseTool, openPicture, ready, run } from './steps';

working('anybody can use the window at every step of the work', async ({ refit }) => {
  const { window } = refit;
  await ready(refit);
  const step = (name: string, come: () => Promise<void>): Promise<void> =>
    working.step(name, async () => {
      await come();
      await expectAccessible(window);
    });
  await step('nothing open', () => expect(window.getByTestId('open')).toBeVisible());
  await step('not a picture', async () => {
    await chooseFile(refit, 'not.png', Buffer.from('no picture'));
    await expect(window.getByTestId('error-inline')).toBeVisible();
  });
  await step('a picture', async () => {
    await chooseTool(refit, 'photo-x4');
    await openPicture(refit, await readPicture(prepared('cut-out', 'coffee.png')));
  });
  await step('at work', async () => {
    await window.getByTestId('start').click();
    await expect(window.getByTestId('cancel')).toBeVisible();
  });
  await step('stopped', async () => {
    // The picture has many tiles, so the job ran all the while.
    await expect(window.getByTestId('cancel')).toBeVisible();
    await window.keyboard.press('Escape');
    await expect(window.getByTestId('cancel')).toBeHidden();
  });
  await step('done', async () => {
    await chooseTool(refit, 'fast-x4');
    await openPicture(refit, await pictures['fast-x4']());
    await run(refit);
  });
  await step('about the tool', () => window.locator('[data-testid="about"] summary').click());
});

test('anybody can use the card that says why', async ({ refit }) => {
  const { window } = refit;
  const reason = new AppError('DRIVER_MISSING', {}, 'libcuda.so.1: cannot open shared object file').toReport();
  await pretendState(refit, {
    ...initialState,
    setup: { kind: 'ready' as const, device: { kind: 'cpu' as const, reason } },
  });
  await window.getByTestId('why').click();
  await expect(window.getByRole('dialog', { name: 'Running on your processor' })).toBeVisible();
  await window.getByTestId('why-card').locator('summary').click();
  await expectAccessible(window);
});

test('anybody can use the card that offers other devices', async ({ refit }) => {
  const { window } = refit;
  if (!workScenes.pictureSeveral) throw new Error('No scene "pictureSeveral" in renderer/dev/scenes.ts');
  await pretendState(refit, workScenes.pictureSeveral);
  await window.getByTestId('device').click();
  await expect(window.getByRole('dialog', { name: 'Running on RTX 4090' })).toBeVisible();
  await expectAccessible(window);
});

test('anybody can use every screen of the first start, and the window on a GPU', async ({ refit }) => {
  for (const [name, scene] of Object.entries(scenes))
    await test.step(name, async () => {
      await pretendState(refit, scene);
      const { kind } = scene.setup;
      const place = kind === 'detecting' ? 'looking' : kind === 'ready' ? 'status' : `first-run-${kind}`;
      await expect(refit.window.getByTestId(place)).toBeVisible();
      await expectAccessible(refit.window);
    });
});

test('anybody can use the work at each stage: noticed, silent, failed, text, no text, faces', async ({ refit }) => {
  for (const [name, scene] of Object.entries(workScenes))
    await test.step(name, async () => {
      await pretendState(refit, scene);
      await expect(refit.window.getByTestId('picture-size')).toBeVisible();
      await expectAccessible(refit.window);
    });
});

test('anybody can use what a save says: under way, done, failed', async ({ refit }) => {
  const { window } = refit;
  if (!workScenes.done) throw new Error('No scene "done" in renderer/dev/scenes.ts');
  await pretendState(refit, workScenes.done);
  const [saved, failed] = [
    { ok: true, value: { kind: 'saved', name: 'cat ×4.png', folder: 'Pictures' } },
    { ok: false, error: new AppError('CACHE_FULL', { neededBytes: 48e6 }, 'ENOSPC: no space left').toReport() },
  ];
  for (const [answer, shown] of [
    [null, 'cancel-save'],
    [saved, 'saved'],
    [failed, 'error-inline'],
  ] as const)
    await test.step(shown, async () => {
      await refit.app.evaluate(({ ipcMain }, given) => {
        ipcMain.removeHandler('picture:save');
        ipcMain.handle('picture:save', () => given ?? new Promise(() => {}));
      }, answer);
      await window.getByTestId('save').click();
      await expect(window.getByTestId(shown)).toBeVisible();
      await expectAccessible(window);
      await window.reload();
    });
});

test('anybody can use what stands in for a screen that could not be drawn', async ({ refit }) => {
  const { gpu } = scenes;
  if (!gpu) throw new Error('No scene "gpu" in renderer/dev/scenes.ts');
  const device = null as unknown as { kind: 'gpu' };
  await pretendState(refit, { ...gpu, setup: { kind: 'ready', device } } as AppState);
  await expect(refit.window.getByTestId('failed')).toBeVisible();
  await expectAccessible(refit.window);
});
