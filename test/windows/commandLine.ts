/**
 * The commands of `Refit.exe` under Wine, of the app as it is packaged for Windows: `npm run test:windows-command-line [-- folder of
 * Refit.exe]`. Folders of the network, paths without end, names that differ in case, two users. On the processor. What was seen goes
 * into docs/windows-report.md.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { electronVersion, output, packageForWindows } from '../../tools/windows/package';
import { keepPiece, type Piece } from '../../tools/windows/report';
import { type Ran, Wine } from '../../tools/windows/wine';
import { filesIn as filesBelow } from '../e2e/filesIn';

const suite: Piece['suites'][number] = { name: 'Refit.exe', passed: 0, skipped: 0, failed: [], excused: [] };

/** @param found what it gave, of which `wanted` is said in the same words. */
function tell(what: string, found: unknown, wanted: unknown): void {
  const [given, expected] = [JSON.stringify(found), JSON.stringify(wanted)];
  if (given === expected) suite.passed++;
  else suite.failed.push(`${what}: ${given}, not ${expected}`);
  console.log(given === expected ? `✓ ${what}` : `✗ ${what}: ${given}, not ${expected}`);
}

/** Every file below a folder, by its path from there, sorted; none where there is no folder. */
const filesIn = (folder: string): Promise<string[]> => filesBelow(folder).catch(() => []);

const began = new Date();
const given = process.argv[2];
if (!given) await packageForWindows(console.log);
const app = path.resolve(given ?? path.join(output, 'win-unpacked'), 'Refit.exe');
const wine = await Wine.start(console.log, 'command-line');

async function lay(...file: string[]): Promise<void> {
  await mkdir(path.dirname(wine.file(...file)), { recursive: true });
  await sharp({ create: { width: 40, height: 30, channels: 3, background: '#c85028' } })
    .png()
    .toFile(wine.file(...file));
}
const sizeOf = async (...file: string[]): Promise<unknown> =>
  sharp(wine.file(...file))
    .metadata()
    .then(
      ({ width, height }) => [width, height],
      (error: Error) => error.message,
    );
/** Logs a user in: each has a profile of their own, and Wine one registry for all. */
async function login(user: string): Promise<void> {
  await mkdir(wine.file('users', user, 'Temp'), { recursive: true });
  for (const name of ['TEMP', 'TMP'])
    await wine.run('reg', ['add', 'HKCU\\Environment', '/v', name, '/d', `C:\\users\\${user}\\Temp`, '/f']);
}
async function refit(words: string[], user = 'ada'): Promise<Ran> {
  const ran = await wine.run(app, [...words, '--no-sandbox', '--disable-gpu'], {
    // Its drive is C:, as on Windows: on Z: there would be Linux' /dev/shm.
    cwd: wine.file('users', user),
    timeoutMs: 180_000,
    env: { USER: user, LOGNAME: user },
  });
  if (ran.code === null) console.log(`had not ended after ${ran.seconds} s: ${ran.stdout.slice(-500)}`);
  return ran;
}
await login('ada');
const onProcessor = ['--device', 'cpu'];

const help = await refit(['help']);
tell('says its words', [help.code, help.stdout.includes('photo-x4')], [0, true]);
const wrong = await refit(['run', 'fast-x9', 'a.png']);
tell('says what is wrong with a word', [wrong.code, wrong.stderr.includes('There is no tool fast-x9')], [2, true]);

await lay('share', 'in', 'one.png');
await lay('share', 'in', 'deep', 'two.png');
await writeFile(wine.file('share', 'in', 'bad.png'), 'no picture');
await mkdir(wine.file('share', 'out'));
const share = '\\\\localhost\\c$\\share';
const shared = await refit(['run', 'fast-x4', `${share}\\in`, '-r', '-o', `${share}\\out`, '-s', '2', ...onProcessor]);
tell(
  'enlarges a folder of the network with its structure; a bad file costs that file',
  [shared.code, await filesIn(wine.file('share', 'out')), await sizeOf('share', 'out', 'in', 'deep', 'two ×2.png')],
  [1, ['in/deep/two ×2.png', 'in/one ×2.png'], [80, 60]],
);

const deep = ['long', 'd'.repeat(120), 'e'.repeat(120)];
await lay(...deep, 'three.png');
const long = await refit(['run', 'fast-x4', `C:\\${deep.join('\\')}\\three.png`, ...onProcessor]);
tell(
  'works on a picture whose path has more than 260 characters',
  [long.code, await filesIn(wine.file(...deep)), await sizeOf(...deep, 'three ×4.png')],
  [0, ['three ×4.png', 'three.png'], [160, 120]],
);

await lay('case', 'four.png');
await lay('case', 'FOUR ×4.PNG');
const taken = await refit(['run', 'fast-x4', 'c:/CASE/Four.png', '--json', ...onProcessor]);
tell(
  'replaces nothing whose name differs in case alone',
  [taken.code, (await filesIn(wine.file('case'))).length, await sizeOf('case', 'FOUR ×4.PNG')],
  [0, 3, [40, 30]],
);

/** Whatever a user's command leaves anywhere but in Windows' own folders and the user's. */
const others = async (user: string): Promise<string[]> =>
  (await filesIn(wine.driveC)).filter((file) => !file.startsWith('windows/') && !file.startsWith(`users/${user}/`));
await login('bob');
const before = await others('bob');
const doctor = await refit(['doctor', '--json'], 'bob');
tell('answers another user', [doctor.code, doctor.stdout.includes('"kind": "cpu"')], [0, true]);
const isRefits = (user: string): boolean => wine.has('users', user, 'AppData', 'Roaming', 'Refit', 'logs', 'main.log');
tell('keeps what is a user’s in their profile', [isRefits('ada'), isRefits('bob')], [true, true]);
tell(
  'and leaves nothing of one user with another, or with everybody',
  (await others('bob')).filter((file) => !before.includes(file)),
  [],
);

const sessions = async (user: string): Promise<string[]> =>
  (await filesIn(wine.file('users', user))).filter((file) => file.includes('refit-command-'));
tell('leaves nothing of Chromium’s data', [await sessions('ada'), await sessions('bob')], [[], []]);

await keepPiece('4-command-line', {
  title: 'The command line',
  date: began.toISOString(),
  seconds: (Date.now() - began.getTime()) / 1000,
  versions: { Wine: '10.0', Electron: electronVersion },
  suites: [suite],
  notes: [
    'The packaged app, `Refit.exe run fast-x4` on pictures of 40 × 30 on the processor, `help` and `doctor`.',
    'The share is one of the same computer; the users are two of Wine’s, which keeps neither out of the other’s profile.',
  ],
});
console.log(`${suite.passed} passed, ${suite.failed.length} failed`);
process.exitCode = suite.failed.length > 0 ? 1 : 0;
