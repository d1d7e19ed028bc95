import { EventEmitter } from 'node:events';
import Module from 'node:module';
import { expect, test, vi } from 'vitest';

const electron = vi.hoisted(() => ({ ipcMain: undefined as unknown }));
vi.mock('electron', () => electron);

/** As much of Electron's ipcMain as electron-log uses. */
class IpcMain extends EventEmitter {
  readonly handlers = new Map<string, unknown>();
  readonly everHeard = new Set<string>();
  override on(channel: string, listener: (...args: unknown[]) => void): this {
    this.everHeard.add(channel);
    return super.on(channel, listener);
  }
  handle(channel: string, handler: unknown): void {
    this.everHeard.add(channel);
    this.handlers.set(channel, handler);
  }
  removeHandler(channel: string): void {
    this.handlers.delete(channel);
  }
}

test('leaves nothing of electron-log that listens or talks to a window', async () => {
  const ipcMain = new IpcMain();
  electron.ipcMain = ipcMain;
  // electron-log requires Electron itself, past vitest's mock.
  vi.spyOn(process, 'versions', 'get').mockReturnValue({ ...process.versions, electron: '45' });
  const loader = Module as unknown as { _load: (request: string, ...rest: unknown[]) => unknown };
  const real = loader._load;
  loader._load = (request, ...rest) => (request === 'electron' ? electron : real.call(Module, request, ...rest));
  try {
    const { default: log } = await import('./log');
    expect([...ipcMain.everHeard]).not.toEqual([]);
    expect(ipcMain.eventNames()).toEqual([]);
    expect([...ipcMain.handlers.keys()]).toEqual([]);
    expect(log.transports.ipc.level).toBe(false);
  } finally {
    loader._load = real;
  }
});
