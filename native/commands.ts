/** Runs the programs that set-up needs: pip, cargo, cmake. */
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

export type Log = (line: string) => void;

const root = join(import.meta.dirname, '..');

/**
 * Runs a program to its end.
 * @returns what it printed.
 * @throws Error with the last lines of what it printed, or "not found".
 */
export function command(program: string, args: string[], cwd = root): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { cwd, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (!error) return resolve(stdout);
      const said = `${stdout}${stderr}`.trim().split('\n').slice(-30).join('\n');
      reject(new Error(error.code === 'ENOENT' ? `${program}: not found` : `${program} ${args.join(' ')}\n${said}`));
    });
  });
}

/**
 * The same for what takes a while, its own progress shown where somebody watches a terminal.
 * @throws Error as `command`, without what was shown.
 */
export function watched(program: string, args: string[], cwd = root): Promise<void> {
  if (!process.stdout.isTTY) return command(program, args, cwd).then(() => {});
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'] });
    child.once('error', reject);
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`${program} failed; its words are above`)),
    );
  });
}

const runs = (program: string, args: string[]): Promise<boolean> =>
  command(program, args).then(
    () => true,
    () => false,
  );

/** numpy and onnxruntime in factory/models/requirements.txt have no older wheels. */
const oldestPython = '3.11';

/** @returns the system's Python 3 as a command: `$PYTHON`, else what the platform calls it. @throws Error that says what to install. */
export async function findPython(): Promise<[string, ...string[]]> {
  const named = process.env.PYTHON;
  const onPlatform: [string, ...string[]][] =
    process.platform === 'win32' ? [['py', '-3'], ['python']] : [['python3'], ['python']];
  const candidates = named ? [[named] as [string]] : onPlatform;
  const check = `import sys, pip, ensurepip; sys.exit(sys.version_info < (${oldestPython.replace('.', ', ')}))`;
  for (const [program, ...args] of candidates)
    if (await runs(program, [...args, '-c', check])) return [program, ...args];
  throw new Error(
    `Python ${oldestPython} or newer with pip and venv is missing (tried ${candidates.map((c) => c.join(' ')).join(', ')}). ` +
      'Install it (Debian: apt-get install python3-pip python3-venv), or point PYTHON at it.',
  );
}

/** @returns cmake from PATH, else from the project's own `.venv`, where it is installed from PyPI. */
export async function findCmake(log: Log): Promise<string> {
  const scripts = join(root, '.venv', process.platform === 'win32' ? 'Scripts' : 'bin');
  const own = join(scripts, 'cmake');
  for (const cmake of ['cmake', own]) if (await runs(cmake, ['--version'])) return cmake;
  log('cmake: installing into .venv');
  const venvPython = join(scripts, process.platform === 'win32' ? 'python.exe' : 'python');
  try {
    if (!existsSync(venvPython)) {
      const [python, ...args] = await findPython();
      await command(python, [...args, '-m', 'venv', join(root, '.venv')]);
    }
    await command(venvPython, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', 'cmake==3.31.6']);
  } catch (cause) {
    throw new Error(
      `cmake is missing and could not be installed from PyPI. Install cmake 3.20 or newer. ${message(cause)}`,
    );
  }
  return own;
}

export const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));
