/** Forks hosts as Electron's utility processes. It imports little: the GPU's host begins before the rest of main is read. */
import os from 'node:os';
import path from 'node:path';
import { app, type UtilityProcess, utilityProcess } from 'electron';
import type { HostStart } from '../../host/index';
import { dialogs } from '../../words/dialogs';
import { paths } from '../paths';
import { installedSeal } from '../seal';
import { hostEnvironment } from './environment';

/** @param dist the folder of what was built. @param name as process lists show it. @param env what this host's environment has besides. */
export function forkHost(dist: string, name: string, env: Record<string, string> = {}): UtilityProcess {
  const root = app.isPackaged ? process.resourcesPath : path.join(dist, '..');
  const seal = installedSeal();
  const start: HostStart = {
    pixels: paths(root, app.isPackaged).pixels,
    ...(seal && { seal }),
  };
  return utilityProcess.fork(path.join(dist, 'host', 'index.js'), [JSON.stringify(start)], {
    serviceName: name,
    stdio: 'pipe',
    env: { ...hostEnvironment, ...env },
  });
}

/**
 * Begins the process of the GPU's host, which every start asks first: it reads its code while main reads its own.
 * @returns gives it to whoever starts that host, once, and only while it lives. Where cores are few the page draws first: nothing is begun.
 */
export function forkGpuHost(dist: string): () => UtilityProcess | undefined {
  if (os.availableParallelism() < 4) return () => undefined;
  let forked: UtilityProcess | undefined = forkHost(dist, dialogs.processes.gpu);
  forked.once('exit', () => {
    forked = undefined;
  });
  return () => {
    const given = forked;
    forked = undefined;
    return given;
  };
}
