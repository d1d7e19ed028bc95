/** A pipe, an endless device or a folder in a file's place: the window opens, says so where it matters, and works. */
import { execFileSync } from 'node:child_process';
import { mkdir, rm, stat, symlink } from 'node:fs/promises';
import path from 'node:path';
import { peakBytesOf } from '../fuzz/peak';
import { expect, launch, type RunningApp } from './app';
import { test } from './damaged';
import { pictures } from './pictures';
import { chooseTool, expectError, openPicture, ready, run, save, work } from './steps';

test.skip(process.platform !== 'linux', 'Pipes and devices lie in folders there.');

const kinds = {
  'a pipe': (file: string) => execFileSync('mkfifo', [file]),
  'an endless device': (file: string) => symlink('/dev/zero', file),
  'a folder': (file: string) => mkdir(file),
};

/** Main held no more memory at any time than it does at any start. */
function expectModest({ app }: RunningApp): void {
  expect(peakBytesOf(app.process().pid ?? 0)).toBeLessThan(2 ** 30);
}

const installed: [file: string, says: string][] = [
  ['engines/catalog.json', 'CATALOG_UNREADABLE'],
  ['engines/catalog.json.sig', 'CATALOG_UNSIGNED'],
  ['models/fast-x4/model.json', 'CARD_UNREADABLE'],
];

for (const [kind, lay] of Object.entries(kinds)) {
  for (const [file, says] of installed)
    test(`starts, and says so, where ${kind} is in the place of ${file}`, async ({ copy }) => {
      await copy.remove(file);
      await lay(path.join(copy.resources, file));
      const refit = await copy.launch();
      await ready(refit);
      await expectError(refit, says);
      await work(refit);
      expectModest(refit);
    });

  test(`refuses a model that ${kind} took the place of, and works`, async ({ copy }) => {
    for (const file of ['models/fast-x4/prepared/model.onnx', 'models/drawing-x4/prepared/drawing.png']) {
      await copy.remove(file);
      await lay(path.join(copy.resources, file));
    }
    const refit = await copy.launch();
    await ready(refit);
    await chooseTool(refit, 'fast-x4');
    await openPicture(refit, await pictures['fast-x4']());
    await refit.window.getByTestId('start').click();
    await expectError(refit, 'INSTALL_ALTERED');
    await work(refit);
    expectModest(refit);
  });

  test(`starts and works where ${kind} is in the place of what it keeps`, async ({ userDataDir }) => {
    for (const file of [
      'cache.key',
      'logs/main.log',
      'weights/fast-x4/choice.json',
      'weights/cut-out/0123/version.json',
    ]) {
      await mkdir(path.dirname(path.join(userDataDir, file)), { recursive: true, mode: 0o700 });
      await lay(path.join(userDataDir, file));
    }
    const refit = await launch({ userDataDir });
    await ready(refit);
    // The tool whose choice of weights such a file replaces.
    await chooseTool(refit, 'fast-x4');
    await openPicture(refit, await pictures['fast-x4']());
    await run(refit);
    expectModest(refit);
    await refit.close();
  });
}

test('keeps its own files for this user alone, whatever the umask, and gives the person’s files what the umask allows', async ({
  userDataDir,
}) => {
  // An earlier version left the folder of the log readable for all.
  await mkdir(path.join(userDataDir, 'logs'), { mode: 0o777 });
  const before = process.umask(0);
  const refit = await launch({ userDataDir });
  process.umask(before);
  await ready(refit);
  await work(refit);
  const out = path.join(userDataDir, 'out');
  await mkdir(out);
  await save(refit, path.join(out, 'mine.png'));
  expect((await stat(path.join(out, 'mine.png'))).mode & 0o777).toBe(0o666);
  await refit.close();
  await rm(out, { recursive: true });
  const open = execFileSync('find', [userDataDir, '!', '-type', 'l', '-perm', '/077'], { encoding: 'utf8' });
  expect(open).toBe('');
});
