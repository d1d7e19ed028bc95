/** Runs the programs that set-up needs: pip, cargo, cmake. */
import { execFile } from 'node:child_process';
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

async function firstThatRuns(candidates: string[], args: string[]): Promise<string | undefined> {
  for (const candidate of candidates) {
    const runs = await command(candidate, args).then(
      () => true,
      () => false,
    );
    if (runs) return candidate;
  }
  return undefined;
}

/** @returns a Python 3 with pip. @throws Error that says what to install. */
export async function findPython(): Promise<string> {
  const candidates = process.platform === 'win32' ? ['python', 'py', 'python3'] : ['python3', 'python'];
  const python = await firstThatRuns(candidates, ['-m', 'pip', '--version']);
  if (python) return python;
  throw new Error(
    'Python 3 with pip is missing. Install it (Debian: apt-get install python3-pip python3-venv) and try again.',
  );
}

/** @returns cmake from PATH, else from the project's own `.venv`, where it is installed from PyPI. */
export async function findCmake(log: Log): Promise<string> {
  const scripts = join(root, '.venv', process.platform === 'win32' ? 'Scripts' : 'bin');
  const own = join(scripts, 'cmake');
  const found = await firstThatRuns(['cmake', own], ['--version']);
  if (found) return found;
  log('cmake: installing into .venv');
  const venvPython = join(scripts, process.platform === 'win32' ? 'python.exe' : 'python');
  try {
    if (!existsSync(venvPython)) await command(await findPython(), ['-m', 'venv', join(root, '.venv')]);
    await command(venvPython, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', 'cmake==3.31.6']);
  } catch (cause) {
    throw new Error(
      `cmake is missing and could not be installed from PyPI. Install cmake 3.20 or newer. ${message(cause)}`,
    );
  }
  return own;
}

export const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));
