/** Engine hosts as Electron runs them. */
import { utilityProcess } from 'electron';
import log from 'electron-log/main';
import { type HostChild, hostEnvironment } from './host';
import type { Seal } from './manifest';

/**
 * @param file the built hostProcess.js. @param name as process lists show it.
 * @param seal what the host checks files against before it uses them; none in a development tree.
 */
export function spawnHost(file: string, name: string, seal?: Seal): HostChild {
  const child = utilityProcess.fork(file, seal ? [JSON.stringify(seal)] : [], {
    serviceName: name,
    stdio: 'pipe',
    env: hostEnvironment,
  });
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (text: Buffer) => log.info(name, text.toString().trimEnd()));
  return {
    post: (message) => child.postMessage(message),
    kill: () => child.kill(),
    onMessage: (listener) => child.on('message', listener),
    onExit: (listener) => child.once('exit', listener),
  };
}
