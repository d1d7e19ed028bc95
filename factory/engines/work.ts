/**
 * Work in processes of its own, with a time limit: after a failed build the engine library stays poisoned in its process, a
 * CUDA fault stays in its, and native code that hangs hears no signal but the last one.
 */
import { spawn } from 'node:child_process';
import path from 'node:path';
import type { z } from 'zod';
import { sentenceOf } from '../../words/errors';

const root = path.resolve(import.meta.dirname, '..', '..');

/** Even SIGKILL waits for a system call to end; a driver's may not. Then the process is left behind. */
const graceMs = 10_000;

export interface Work<T> {
  /** A script that is told the task as JSON, its last argument, and says `{"progress": 0…1}` and at last its answer, a line each. */
  script: string;
  task: unknown;
  answer: z.ZodType<T>;
  limitMs: number;
  onProgress?: (fraction: number) => void;
}

/** @throws Error with the last of what the process complained about, or that its time was up. */
export function runWork<T>({ script, task, answer, limitMs, onProgress }: Work<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    // What needs no translation starts in a fraction of the time.
    const translated = script.endsWith('.ts') ? ['--import', 'tsx'] : [];
    const child = spawn(process.execPath, [...translated, script, JSON.stringify(task)], {
      cwd: root,
      // Its standard input ends with this process, and it ends with that (`endWithParent`).
      stdio: ['pipe', 'pipe', 'pipe'],
      windowsHide: true,
    });
    let isLate = false;
    let lateTimer: NodeJS.Timeout | undefined;
    const late = () => reject(new Error(`stopped after ${limitMs / 1000} s, its time limit`));
    const timer = setTimeout(() => {
      isLate = true;
      child.kill('SIGKILL');
      lateTimer = setTimeout(late, graceMs);
    }, limitMs);

    let rest = '';
    let said = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const progress = progressIn(line);
        if (progress !== undefined) onProgress?.(progress);
        else said = line;
      }
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-20_000);
    });
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      clearTimeout(lateTimer);
      if (isLate) return late();
      if (code !== 0) return reject(new Error(lastWords(errors) || `ended with ${signal ?? `exit code ${code}`}`));
      try {
        resolve(answer.parse(JSON.parse(rest.trim() || said)));
      } catch (error) {
        reject(new Error(`gave no answer that can be read: ${error instanceof Error ? error.message : error}`));
      }
    });
  });
}

/** For the script: ends it, whatever native code is at, when the process that started it is gone. */
export function endWithParent(): void {
  process.stdin.on('end', () => process.kill(process.pid, 'SIGKILL')).resume();
  process.stdin.unref();
  process.on('uncaughtException', (error: Error & { detail?: unknown }) => {
    process.stderr.write(`${sentenceOf(error)}\n${error.detail ?? ''}\n`);
    process.exit(1);
  });
}

/** For the script: says how far it is. @param fraction 0…1. */
export const sayProgress = (fraction: number): boolean =>
  process.stdout.write(`${JSON.stringify({ progress: fraction })}\n`);

/** For the script: says its answer, the last line that it says. @param then called when the other side has it. */
export const sayAnswer = (answer: unknown, then?: () => void): boolean =>
  process.stdout.write(`${JSON.stringify(answer)}\n`, then);

const progressIn = (line: string): number | undefined => {
  const found = /^\{"progress":([\d.e-]+)\}$/.exec(line)?.[1];
  return found === undefined ? undefined : Number(found);
};

/** Without the frames of the script's own stack, which say nothing about the engine. */
const lastWords = (errors: string): string =>
  errors
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^\s+at |^node:internal|^Node\.js v|^\s*\^$/.test(line))
    .slice(-12)
    .join('\n');
