/** What the workshop's page may say (app/workshop.ts). Runs sandboxed, so it is one file and imports types only. */
import { contextBridge, ipcRenderer } from 'electron';
import type { WorkshopApi, WorkshopTask } from '../../app/workshop';

const api: WorkshopApi = {
  // Main answers channels of its own list, and only what fits their schemas.
  say: (channel, args) => ipcRenderer.invoke(channel, args),
  onTask: (listener) => void ipcRenderer.on('workshop:task', (_event, task: WorkshopTask) => listener(task)),
  onStop: (listener) => void ipcRenderer.on('workshop:stop', (_event, task: number) => listener(task)),
};

contextBridge.exposeInMainWorld('workshop', api);
