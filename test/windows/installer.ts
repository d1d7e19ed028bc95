/**
 * Refit's installer for Windows under Wine, as a person meets it: `npm run test:windows-installer`. Installed for one user without
 * a question, compared with the app's manifest, started without a window, installed over itself, removed. What was seen goes into
 * docs/windows-report.md.
 */
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { chromium } from '@playwright/test';
import sharp from 'sharp';
import { differenceOf, hashFile, hashPieces, Manifest, manifestName } from '../../storage/manifest';
import { root } from '../../tools/windows/fetch';
import { electronVersion, output, packageForWindows } from '../../tools/windows/package';
import { keepPiece, type Piece } from '../../tools/windows/report';
import { type Ran, Wine } from '../../tools/windows/wine';
import { filesIn as filesBelow } from '../e2e/filesIn';

const user = path.join('users', 'root');
/** Of who installs for everybody; the stand-in for NSIS' UAC asks (tools/windows/abi/plugins.c). */
const elevated = { env: { REFIT_TEST_ELEVATED: '1' } };
const installed = path.join(user, 'AppData', 'Local', 'Programs', 'Refit');
const settings = path.join(user, 'AppData', 'Roaming', 'Refit');
const pictures = path.join(user, 'Pictures');

const suite: Piece['suites'][number] = { name: 'Refit Setup.exe', passed: 0, skipped: 0, failed: [], excused: [] };

/** @param fault what it did instead; '': it did what is said. */
function tell(what: string, fault: string): void {
  if (fault) suite.failed.push(`${what}: ${fault}`);
  else suite.passed++;
  console.log(fault ? `✗ ${what}: ${fault}` : `✓ ${what}`);
}

/** @returns why a program that must end with 0 did not; '' if it did. */
function ended({ code, seconds, stdout, stderr }: Ran): string {
  if (code === 0) return '';
  const said = `${stdout}${stderr}`.trim().slice(-300);
  return code === null ? `had not ended after ${seconds} s. ${said}` : `ended with ${code}. ${said}`;
}

/** Every file below a folder, by its path from there, sorted; none where there is no folder. */
const filesIn = (folder: string): Promise<string[]> => filesBelow(folder).catch(() => []);

/** @returns what is installed otherwise than it was packaged, by the signed manifest and file by file; '' if nothing is. */
async function compared(wine: Wine, folder = installed): Promise<string> {
  const [here, packaged] = [wine.file(folder), path.join(output, 'win-unpacked')];
  const text = await readFile(path.join(here, 'resources', manifestName), 'utf8').catch(() => '');
  if (!text) return 'no manifest was installed';
  const { files } = Manifest.parse(JSON.parse(text));
  const wrong = new Set<string>();
  for (const [file, asPackaged] of Object.entries(files)) {
    const found = await hashPieces(path.join(here, 'resources', ...file.split('/'))).catch(() => undefined);
    if (!found || differenceOf(found, asPackaged)) wrong.add(`resources/${file}`);
  }
  // The installer's own, which the app does not have.
  const own = ['Uninstall Refit.exe', 'uninstallerIcon.ico'];
  const theirs = await filesIn(packaged);
  for (const file of theirs) {
    const found = await hashFile(path.join(here, file)).catch(() => 'missing');
    if (found !== (await hashFile(path.join(packaged, file)))) wrong.add(file);
  }
  for (const file of await filesIn(here))
    if (!theirs.includes(file) && !own.includes(file)) wrong.add(`${file} (more)`);
  return wrong.size === 0 ? '' : `${wrong.size} of ${theirs.length} files: ${[...wrong].slice(0, 5).join(', ')}`;
}

/** @returns the registry's lines that name Refit. */
async function registered(wine: Wine): Promise<string[]> {
  return (await wine.registry()).split('\n').filter((line) => /refit/i.test(line) && !/MuiCache/i.test(line));
}

/** What stays in the folder for temporary files, and why. */
const temporary = [
  { file: /^CMD\w+\.tmp$/, what: 'CMD….tmp', whose: 'Wine', reason: 'Its cmd.exe leaves a file for each pipe.' },
  {
    file: /^~nsu\w*\.tmp\//,
    what: '~nsu….tmp/Un.exe',
    whose: 'NSIS',
    reason: 'The uninstaller’s copy of itself, which Windows takes away at its next start.',
  },
];
const excuse = (file: string) =>
  temporary.find((each) => each.file.test(path.relative(path.join(user, 'AppData', 'Local', 'Temp'), file)));

const began = new Date();
const given = process.argv[2];
const setup = given ?? (await packageForWindows(console.log));
const wine = await Wine.start(console.log, 'installer');
const before = new Set(await filesIn(wine.file()));
await mkdir(wine.file(pictures), { recursive: true });
const own = path.join(pictures, 'mine.png');
await sharp({ create: { width: 48, height: 32, channels: 3, background: '#c85028' } })
  .png()
  .toFile(wine.file(own));

tell('installs for one user without a question', ended(await wine.run(setup, ['/S', '/currentuser'])));
tell('lays down every file as it was packaged, and no other', await compared(wine));
const named = (await registered(wine)).join('\n');
tell(
  'is among the programs that Windows lists',
  /DisplayName"="Refit/.test(named) ? '' : 'the registry does not name it',
);
const links = ['Desktop/Refit.lnk', 'AppData/Roaming/Microsoft/Windows/Start Menu/Programs/Refit.lnk'];
tell('is on the desktop and in the start menu', links.filter((link) => !wine.has(user, ...link.split('/'))).join(', '));

const app = wine.file(installed, 'Refit.exe');
const switches = ['--no-sandbox', '--disable-gpu'];
// Its drive is C:, as on Windows: on Z: there would be Linux' /dev/shm.
const there = { cwd: wine.file(user), timeoutMs: 180_000 };
const doctor = await wine.run(app, ['doctor', '--json', ...switches], there);
tell(
  'Refit.exe doctor --json says that there is the processor, as no driver is there',
  ended(doctor) || (/"kind": "cpu"[\s\S]*"DRIVER_MISSING"/.test(doctor.stdout) ? '' : doctor.stdout.slice(0, 300)),
);
const picture = ['run', 'fast-x4', 'C:\\users\\root\\Pictures\\mine.png', '--device', 'cpu', '--json'];
const made = path.join(pictures, 'mine ×4.png');
const run = await wine.run(app, [...picture, ...switches], there);
const size = await sharp(wine.file(made))
  .metadata()
  .catch(() => undefined);
tell(
  'Refit.exe run makes a picture four times as large, on the processor',
  ended(run) || (size?.width === 192 && size.height === 128 ? '' : `it is ${size?.width} × ${size?.height}`),
);
/** Opens the window, and closes it once it can be worked in. @returns what its status says, and how the app ended. */
async function look(): Promise<{ status: string; ran: Ran }> {
  const running = wine.run(app, [...switches, '--remote-debugging-port=0'], there);
  const told = wine.file(settings, 'DevToolsActivePort');
  let port = '';
  for (let i = 0; i < 120 && !port; i++) {
    await setTimeout(500);
    port = (await readFile(told, 'utf8').catch(() => '')).split('\n')[0] ?? '';
  }
  const browser = await chromium.connectOverCDP(`http://127.0.0.1:${port}`, { noDefaults: true });
  const window = browser.contexts()[0]?.pages()[0];
  const status = (await window?.getByTestId('status').innerText({ timeout: 60_000 })) ?? '';
  await window?.close();
  return { status, ran: await running };
}
const looked = await look().catch((error: unknown) => String(error));
tell(
  'its window opens, says that it runs on the processor, and closes',
  typeof looked === 'string'
    ? looked
    : ended(looked.ran) || (looked.status.includes('Running on your processor') ? '' : looked.status),
);
await mkdir(wine.file(settings, 'weights'), { recursive: true });
const chosen = path.join(settings, 'weights', 'chosen');
await writeFile(wine.file(chosen), 'chosen');

// What updates/updates.ts has electron-updater call.
await writeFile(wine.file(installed, 'resources', 'LICENSE'), 'of an older version');
await copyFile(wine.file(installed, 'resources', 'LICENSE'), wine.file(installed, 'of an older version.dll'));
tell('installs over itself, as an update does', ended(await wine.run(setup, ['--updated', '/S', '/currentuser'])));
tell('leaves nothing of the older version', await compared(wine));
const persons = [own, made, chosen];
tell('keeps what the person chose and made', persons.filter((file) => !wine.has(file)).join(', '));

const uninstaller = wine.file(installed, 'Uninstall Refit.exe');
tell('is removed without a question', ended(await wine.run(uninstaller, ['/S', '/currentuser'])));
tell(
  'takes its folder away',
  wine.has(installed) ? (await filesIn(wine.file(installed))).slice(0, 5).join(', ') || 'empty' : '',
);
tell('takes its entries in the registry away', (await registered(wine)).slice(0, 5).join(' '));
const after = await filesIn(wine.file());
const isKept = (file: string): boolean =>
  file.startsWith('windows/') || file.startsWith(settings) || persons.includes(file) || excuse(file) !== undefined;
const left = after.filter((file) => !before.has(file) && !isKept(file));
tell('leaves nothing but what is the person’s', left.slice(0, 8).join(', '));
tell('leaves what the person chose and made', persons.filter((file) => !wine.has(file)).join(', '));
// For everybody, by who may.
const everybodys = path.join('Program Files', 'Refit');
tell('installs for all users without a question', ended(await wine.run(setup, ['/S', '/allusers'], elevated)));
tell('lays every file down for all users, and none for one', await compared(wine, everybodys));
const alone = [...(await filesIn(wine.file(installed))), ...links.filter((link) => wine.has(user, ...link.split('/')))];
tell('has nothing lie with the one who installed it', alone.slice(0, 5).join(', '));
const everybodysLinks = [
  'users/Public/Desktop/Refit.lnk',
  'ProgramData/Microsoft/Windows/Start Menu/Programs/Refit.lnk',
];
tell(
  'is on everybody’s desktop and in everybody’s start menu',
  everybodysLinks.filter((link) => !wine.has(...link.split('/'))).join(', '),
);
const asked = await wine.run(wine.file(everybodys, 'Refit.exe'), ['doctor', '--json', ...switches], there);
tell(
  'answers doctor from there',
  ended(asked) || (asked.stdout.includes('"kind": "cpu"') ? '' : asked.stdout.slice(0, 300)),
);
tell('writes nothing beside itself', await compared(wine, everybodys));
tell(
  'installs over itself for all users, as an update does',
  ended(await wine.run(setup, ['--updated', '/S', '/allusers'], elevated)) || (await compared(wine, everybodys)),
);
const theirs = wine.file(everybodys, 'Uninstall Refit.exe');
tell('is removed for all users', ended(await wine.run(theirs, ['/S', '/allusers'], elevated)));
const remaining = (await filesIn(wine.file())).filter((file) => !before.has(file) && !isKept(file));
tell('leaves nothing of it', [...remaining, ...(await registered(wine))].slice(0, 8).join(', '));

const excused = [...new Set(after.map(excuse).filter((each) => each !== undefined))];
suite.excused.push(...excused.map(({ what, whose, reason }) => ({ what, tests: 1, whose, reason })));

await keepPiece('3-installer', {
  title: 'The installer',
  date: began.toISOString(),
  seconds: (Date.now() - began.getTime()) / 1000,
  versions: { Wine: '10.0', Electron: electronVersion, 'electron-builder': await versionOf('electron-builder') },
  suites: [suite],
  notes: [
    'electron-builder’s own scripts for NSIS, compiled by Debian’s makensis. Stand-ins for the plug-ins UAC and WinShell, which no package registry has, say that who installs for all is elevated and put no application name on shortcuts; how Windows asks for an administrator was not seen.',
    'PowerShell is taken out of Wine, whose own says yes to whatever it is asked: the installer then took Refit for running, and ended with 2. Whether Refit runs is asked by tasklist here.',
    'Electron 22 is the newest for Windows in these registries; what it lacks of Electron 45 (tools/windows/electron22.js) was added.',
  ],
});
console.log(`${suite.passed} passed, ${suite.failed.length} failed`);
process.exitCode = suite.failed.length > 0 ? 1 : 0;

async function versionOf(name: string): Promise<string> {
  const text = await readFile(path.join(root, 'node_modules', name, 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
