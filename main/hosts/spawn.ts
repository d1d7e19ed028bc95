/** Main's hold on a host's process, which fork.ts begins. */
import { app, type Details, type UtilityProcess } from 'electron';
import log from '../log';
import type { HostChild } from './host';

/** Percent of one processor core that shows a process at work: one that waits, or was stopped, uses none at all. */
const workingPercent = 0.1;

/** @param name that it was forked with. */
export function hostChild(child: UtilityProcess, name: string): HostChild {
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (text: Buffer) => log.info(name, text.toString().trimEnd()));
  // V8 says here that its memory is full; `exit` follows.
  child.on('error', (type, location) => log.error(name, type, location));
  return {
    post: (message, ports) => child.postMessage(message, ports),
    kill: () => {
      // The child's own kill() only asks, and does nothing while there is no process yet: that one ends as soon as it is there.
      const end = (): void => {
        if (child.pid !== undefined) forceKill(child.pid);
      };
      if (child.pid === undefined) child.once('spawn', end);
      else end();
    },
    isWorking: () => {
      const cpu = app.getAppMetrics().find(({ pid }) => pid === child.pid)?.cpu.percentCPUUsage ?? 0;
      return cpu > workingPercent;
    },
    onMessage: (listener) => child.on('message', listener),
    onExit: (listener) => {
      const gone = processGone(name);
      // Electron may learn of the end by a broken pipe first, and then gives 0 as the code. The system's own report comes right after.
      child.once('exit', async (code) => {
        const told = code === 0 ? await gone.within(1000) : gone.details();
        gone.stop();
        listener(told?.exitCode ?? code, undefined, told?.reason === 'oom');
      });
    },
  };
}

/** Listens for the system's report on the end of the next process of this name. A process that ended by itself has no report. */
function processGone(name: string) {
  let told: Details | undefined;
  let tell: (details: Details) => void = () => {};
  const listen = (_event: unknown, details: Details): void => {
    if (details.name !== name) return;
    told = details;
    tell(details);
  };
  app.on('child-process-gone', listen);
  return {
    details: () => told,
    within: (ms: number) =>
      new Promise<Details | undefined>((resolve) => {
        if (told) return resolve(told);
        tell = resolve;
        setTimeout(() => resolve(told), ms);
      }),
    stop: () => app.off('child-process-gone', listen),
  };
}

/** Ends a process at once, whatever it does. */
export function forceKill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // The process has ended already.
  }
}
