/** Engine hosts as Electron runs them. */
import { utilityProcess } from 'electron';
import { type HostChild, hostEnvironment } from './host';
import type { HostStart } from './hostProcess';
import log from './log';

/**
 * @param file the built hostProcess.js. @param name as process lists show it.
 */
export function spawnHost(file: string, name: string, start: HostStart): HostChild {
  const child = utilityProcess.fork(file, [JSON.stringify(start)], {
    serviceName: name,
    stdio: 'pipe',
    env: hostEnvironment,
  });
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (text: Buffer) => log.info(name, text.toString().trimEnd()));
  // V8 at the end of its memory says so here; `exit` follows.
  child.on('error', (type, location) => log.error(name, type, location));
  return {
    post: (message) => child.postMessage(message),
    kill: () => {
      // Its own kill() asks politely. It has no id yet while it starts.
      if (child.pid === undefined) child.kill();
      else forceKill(child.pid);
    },
    onMessage: (listener) => child.on('message', listener),
    onExit: (listener) => child.once('exit', listener),
  };
}

/** At once, whatever the process is doing. */
export function forceKill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}
