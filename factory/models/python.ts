/**
 * Runs Python, because the well-kept library for ONNX files, `onnx`, is Python's. What it needs lies in `.venv` at the repository's root,
 * from pinned requirements; the system's Python only makes that folder.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { findPython, type Log } from '../../native/commands';

const run = promisify(execFile);

export const repository = path.resolve(import.meta.dirname, '..', '..');
export type { Log };

const environment = path.join(repository, '.venv');
const environmentPython =
  process.platform === 'win32'
    ? path.join(environment, 'Scripts', 'python.exe')
    : path.join(environment, 'bin', 'python3');

/**
 * Runs the environment's Python.
 * @returns what it printed.
 * @throws Error with its last words.
 */
export async function python(args: readonly string[]): Promise<string> {
  // `-B` leaves no __pycache__ beside the sources.
  return runProgram(environmentPython, ['-B', ...args]);
}

/** Runs a program to its end. @throws Error with the command line and its own words. */
export async function runProgram(file: string, args: readonly string[], shell = false): Promise<string> {
  try {
    const { stdout } = await run(file, args, { cwd: repository, maxBuffer: 1 << 26, shell, windowsHide: true });
    return stdout;
  } catch (error) {
    const words = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
    throw new Error(`${[path.basename(file), ...args].join(' ')} failed:\n${words || String(error)}`, { cause: error });
  }
}

/**
 * Makes `.venv` and installs requirement files into it; skips those that are installed.
 * @param requirements names of files beside this one.
 * @throws Error that says what to install or to do.
 */
export async function ensurePython(requirements: readonly string[], log: Log): Promise<void> {
  if (!(await exists(environmentPython))) {
    log('Making a Python environment in .venv');
    await rm(environment, { recursive: true, force: true });
    const [command, ...args] = await findPython();
    await runProgram(command, [...args, '-m', 'venv', environment]);
  }
  for (const file of requirements) {
    const source = path.join(repository, 'factory', 'models', file);
    const stamp = path.join(environment, `${file}.sha256`);
    const wanted = createHash('sha256')
      .update(await readFile(source))
      .digest('hex');
    if ((await readFile(stamp, 'utf8').catch(() => '')) === wanted) continue;
    log(`Installing factory/models/${file} into .venv`);
    await python(['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', source]).catch((error) => {
      throw new Error(`${error.message}\nCheck your connection to PyPI; if .venv is broken, delete it and try again.`);
    });
    await writeFile(stamp, wanted);
  }
}

export const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );
