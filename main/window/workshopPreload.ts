/** What the workshop's page may say (app/workshop.ts). Runs sandboxed, so it is one file and imports types only. */
import { contextBridge, ipcRenderer } from 'electron';
import type { WorkshopApi, WorkshopTask } from '../../app/workshop';

/** Main's files know nothing else of pages. */
declare const window: { postMessage(message: unknown, origin: string, transfer: unknown[]): void };

const api: WorkshopApi = {
  // Main answers channels of its own list, and only what fits their schemas.
  say: (channel, args) => ipcRenderer.invoke(channel, args),
  onTask: (listener) => void ipcRenderer.on('workshop:task', (_event, task: WorkshopTask) => listener(task)),
  onStop: (listener) => void ipcRenderer.on('workshop:stop', (_event, task: number) => listener(task)),
};

// A port cannot go by the bridge.
ipcRenderer.on('workshop:port', ({ ports }, task: number) => window.postMessage(task, '/', [...ports]));

contextBridge.exposeInMainWorld('workshop', api);
