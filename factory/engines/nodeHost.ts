/** Hosts as plain Node processes, without a window: for measurements, GPU tests and `refit doctor`, which take the app's own path. */
import { fork } from 'node:child_process';
import path from 'node:path';
import type { HostStart } from '../../host/index';
import { hostEnvironment } from '../../main/hosts/environment';
import type { HostChild } from '../../main/hosts/host';
import { devPixelsFile } from '../../native/pixels';

/** The host as the app runs it, built by `npm run build`. */
export const hostFile = path.resolve(import.meta.dirname, '..', '..', 'dist', 'host', 'index.js');

/**
 * @param env what differs from this process's environment. @param file another build of it.
 * @param output what becomes of what its libraries print.
 */
export function spawnNodeHost(
  env: NodeJS.ProcessEnv = {},
  file = hostFile,
  output: 'inherit' | 'ignore' = 'inherit',
): HostChild & { pid: number | undefined } {
  const start: HostStart = { pixels: path.resolve(import.meta.dirname, '..', '..', devPixelsFile) };
  const child = fork(file, [JSON.stringify(start)], {
    // Plain Node, whatever loaders this process runs under.
    execArgv: [],
    env: { ...hostEnvironment, ...env },
    serialization: 'advanced',
    stdio: ['ignore', output, output, 'ipc'],
  });
  // A message may meet a process that has just ended; the `exit` event reports that end.
  child.on('error', () => {});
  return {
    pid: child.pid,
    post: (message) => child.send(message as object),
    kill: () => child.kill('SIGKILL'),
    onMessage: (listener) => child.on('message', listener),
    // Windows may tell of the end before what the process said last has been read.
    onExit: (listener) =>
      child.once('exit', (code, signal) => {
        if (child.connected) child.once('disconnect', () => listener(code, signal));
        else listener(code, signal);
      }),
  };
}
