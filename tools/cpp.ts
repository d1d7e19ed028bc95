/**
 * Checks the addons' C++: `tsx tools/cpp.ts format` with clang-format, `tsx tools/cpp.ts tidy` with clang-tidy. Both must be of one
 * version, since others format and warn differently. Without that version a check says that it was left out; under REFIT_STRICT=1 it fails.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { configureFaults } from '../test/addon/buildFaults';

const Commands = z.array(z.looseObject({ directory: z.string(), command: z.string(), file: z.string() }));
type Command = z.infer<typeof Commands>[number];

/** The version in Debian 12. */
const version = '14';
const root = path.resolve(import.meta.dirname, '..');
const folders = ['native/src', 'factory/tensorrt10', 'test/addon/faults'];
const sources = folders.flatMap((folder) =>
  readdirSync(path.join(root, folder))
    .filter((name) => /\.(cc|h)$/.test(name))
    .map((name) => path.join(root, folder, name)),
);

const checks = { format: checkFormat, tidy: checkTidy };
const name = process.argv[2];
if (name !== 'format' && name !== 'tidy') throw new Error(`Expected format or tidy but received ${name}`);
process.exitCode = (await checks[name]()) ? 0 : 1;

function checkFormat(): boolean {
  const tool = find('clang-format');
  if (!tool) return leftOut('clang-format');
  const { status } = spawnSync(tool, ['--dry-run', '--Werror', ...sources], { stdio: 'inherit' });
  if (status !== 0) console.error(`  ${tool} -i ${folders.map((folder) => `${folder}/*.{cc,h}`).join(' ')} mends it.`);
  return status === 0;
}

async function checkTidy(): Promise<boolean> {
  const tool = find('clang-tidy');
  if (!tool) return leftOut('clang-tidy');
  const app = path.join(root, 'native', 'build', 'compile_commands.json');
  if (!existsSync(app)) {
    console.error(`✗ ${app} is missing: node tools/setup.mjs addon makes it.`);
    return false;
  }
  const faults = path.join(await configureFaults(() => {}), 'compile_commands.json');
  // A file that is in several addons is listed, and would be checked, several times.
  const entries = [app, faults].flatMap((file) => Commands.parse(JSON.parse(readFileSync(file, 'utf8'))));
  const unique = [...new Map(entries.map((entry) => [entry.file, entry])).values()];
  const keyOf = tidyKeys(tool);
  const keys = new Map(unique.map((entry) => [entry, keyOf(entry)]));
  const passed = path.join(root, 'native', 'build', 'tidy.json');
  const before = new Set(existsSync(passed) ? z.array(z.string()).parse(JSON.parse(readFileSync(passed, 'utf8'))) : []);
  const rest = unique.filter((entry) => !before.has(keys.get(entry) ?? ''));
  if (rest.length < unique.length)
    console.log(`  ${unique.length - rest.length} of ${unique.length} files are, to the byte, as they passed last`);
  if (rest.length > 0 && !runTidy(tool, rest)) return false;
  writeFileSync(passed, JSON.stringify([...keys.values()]));
  return true;
}

/** @returns whether clang-tidy finds nothing in any of the files; it says what it finds. */
function runTidy(tool: string, commands: Command[]): boolean {
  const folder = mkdtempSync(path.join(tmpdir(), 'refit-tidy-'));
  try {
    writeFileSync(path.join(folder, 'compile_commands.json'), JSON.stringify(commands));
    const runner = tool.replace('clang-tidy', 'run-clang-tidy');
    const jobs = ['-quiet', '-p', folder, '-j', String(availableParallelism()), '-clang-tidy-binary', tool];
    const { status, stdout, error } = spawnSync(runner, jobs, { encoding: 'utf8', maxBuffer: 2 ** 28 });
    if (status !== 0) console.error(error?.message ?? stdout);
    return status === 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Names all that clang-tidy's verdict on a file hangs on: itself, its checks, how the file is compiled, and every byte that is included. */
function tidyKeys(tool: string): (command: Command) => string {
  const hash = (content: string | Buffer) => createHash('sha256').update(content).digest('hex');
  const settings = [
    spawnSync(tool, ['--version'], { encoding: 'utf8' }).stdout,
    readFileSync(path.join(root, '.clang-tidy'), 'utf8'),
  ];
  const contents = new Map<string, string>();
  const contentOf = (file: string): string => {
    const known = contents.get(file) ?? hash(readFileSync(file));
    contents.set(file, known);
    return known;
  };
  return ({ directory, command }) => {
    // The compiler lists what it reads, as a rule of make.
    const { stdout, stderr, status } = spawnSync(`${command} -M -MF -`, {
      cwd: directory,
      shell: true,
      encoding: 'utf8',
      maxBuffer: 2 ** 24,
    });
    if (status !== 0) throw new Error(`${command} lists no files:\n${stderr}`);
    const files = stdout.replaceAll('\\\n', ' ').split(/\s+/).slice(1).filter(Boolean);
    const read = files.map((file) => `${file} ${contentOf(path.resolve(directory, file))}`);
    return hash([...settings, command, ...read].join('\n'));
  };
}

/** @returns the tool's command, if its version is the right one. */
function find(tool: string): string | undefined {
  return [`${tool}-${version}`, tool].find((command) =>
    spawnSync(command, ['--version'], { encoding: 'utf8' }).stdout?.includes(`version ${version}.`),
  );
}

/** @returns whether the check may be left out. */
function leftOut(tool: string): boolean {
  const isStrict = process.env.REFIT_STRICT === '1';
  console.log(
    `${isStrict ? '✗' : '○'} ${tool} ${version} is not installed (Debian 12: apt-get install ${tool}): left out.`,
  );
  return !isStrict;
}
