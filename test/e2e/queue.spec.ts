/** Many pictures at once, in the packaged app: what a person drops or chooses comes out as files. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import type { QueueSettings, QueueState } from '../../app/queue';
import { expect, type RunningApp, test } from './app';

const settings: QueueSettings = {
  recipe: {
    steps: [{ model: 'fast-x4' }],
    format: 'jpeg',
    quality: 90,
    size: { kind: 'whole' },
    keepMetadata: true,
    keepPlace: true,
    text: { format: 'csv', together: true },
  },
  pattern: '{name} {tool}',
  keepFolders: true,
};

/** Has the person's choice in the system's dialog be these. */
const answerDialog = ({ app }: RunningApp, filePaths: string[]): Promise<void> =>
  app.evaluate(({ dialog }, paths) => {
    dialog.showOpenDialog = async () => ({ canceled: false, filePaths: paths });
  }, filePaths);

const queueOf = ({ window }: RunningApp): Promise<QueueState> =>
  window.evaluate(async () => {
    const answer = await window.refit.getQueue();
    if (!answer.ok) throw new Error(answer.error.code);
    return answer.value;
  });

test('pictures of a folder come out with its structure', async ({ refit, userDataDir }) => {
  const photos = path.join(userDataDir, 'photos');
  const out = path.join(userDataDir, 'out');
  await mkdir(path.join(photos, 'a', 'b'), { recursive: true });
  await mkdir(out);
  const noise = (width: number, height: number) =>
    sharp({
      create: { width, height, channels: 3, background: '#456', noise: { type: 'gaussian', mean: 128, sigma: 30 } },
    });
  for (const [i, file] of ['one.jpg', 'a/two.png', 'a/b/three.webp', 'a/b/four.jpg'].entries())
    await noise(90 + i, 60).toFile(path.join(photos, file));
  await writeFile(path.join(photos, 'a', 'bad.png'), 'no picture');
  await refit.window
    .getByTestId('drop-zone')
    .waitFor({ timeout: 30_000 })
    .catch(() => {});
  await answerDialog(refit, [photos]);
  await refit.window.evaluate(() => window.refit.chooseForQueue({ what: 'folder', before: null }));
  await expect.poll(async () => (await queueOf(refit)).items.length).toBe(5);
  await answerDialog(refit, [out]);
  await refit.window.evaluate(() => window.refit.chooseOutput('choose'));
  await refit.window.evaluate((wanted) => window.refit.setQueue(wanted), settings);
  const started = await refit.window.evaluate(() => window.refit.startQueue());
  expect(started).toEqual({ ok: true, value: null });
  await expect.poll(async () => (await queueOf(refit)).phase.kind, { timeout: 120_000 }).toBe('finished');
  const { items } = await queueOf(refit);
  console.log(JSON.stringify(items, null, 1));
  console.log(await readdir(out, { recursive: true }));
  const thumb = await refit.window.evaluate(async (id) => {
    const answer = await window.refit.thumbnail(id);
    return answer.ok ? answer.value.bytes?.byteLength : answer.error;
  }, items[0]?.id ?? 0);
  console.log('thumb', thumb);
  console.log(await refit.window.evaluate((id) => window.refit.lookAtItem(id), items[0]?.id ?? 0));
  await refit.screenshot('queue-look');
});
