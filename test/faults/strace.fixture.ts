/** Watches the system calls of one thread by strace, and may make one of them fail or kill the process. Linux. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';

/** Why strace cannot trace here; undefined where it can. */
export function whyNoTrace(): string | undefined {
  if (process.platform !== 'linux') return 'system calls are traced on Linux alone';
  const { error } = spawnSync('strace', ['-V']);
  if (error) return `strace is missing (Debian: apt-get install strace): ${error.message}`;
  // Attaches to a process that is not its child, as below: some systems let only a parent trace.
  const sleeper = spawn('sleep', ['0.3']);
  const { stderr } = spawnSync('strace', ['-p', `${sleeper.pid}`], { encoding: 'utf8' });
  return stderr.includes('attached') ? undefined : `strace may not trace here: ${stderr.trim()}`;
}

/** One system call. */
export interface SystemCall {
  name: string;
  /** The number of this call among the thread's calls of that name, from 1 on. */
  nth: number;
  /** As strace writes it, with the paths of its descriptors. */
  line: string;
  /** Whether strace made it fail, or kill the process. */
  wasHit: boolean;
}

/**
 * Attaches to a thread and watches it from then on.
 * @param file for the log. @param inject strace's own words for what goes wrong where.
 * @returns what to wait for when its process has ended: all that it did with files.
 */
export async function trace(thread: string, file: string, inject?: string): Promise<() => Promise<SystemCall[]>> {
  const fault = inject === undefined ? [] : ['-e', `inject=${inject}`];
  const args = ['-p', thread, '-y', '-s', '0', '-o', file, '-e', 'trace=%file,%desc', ...fault];
  const tracer = spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const closed = once(tracer, 'close');
  await new Promise<void>((resolve, reject) => {
    let said = '';
    tracer.stderr.on('data', (text) => {
      said += text;
      if (said.includes('attached')) resolve();
    });
    closed.then(() => reject(new Error(`strace does not attach: ${said}`)), reject);
  });
  return async () => {
    await closed;
    return parse(await readFile(file, 'utf8'));
  };
}

function parse(log: string): SystemCall[] {
  const counts = new Map<string, number>();
  return log.split('\n').flatMap((line) => {
    const name = /^(\w+)\(/.exec(line)?.[1];
    if (name === undefined) return [];
    const nth = (counts.get(name) ?? 0) + 1;
    counts.set(name, nth);
    // A call that killed never came back.
    return [{ name, nth, line, wasHit: line.endsWith('(INJECTED)') || line.endsWith(' = ?') }];
  });
}
