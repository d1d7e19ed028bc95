/** Gives the page its named methods and nothing else. Runs sandboxed, so it is one file and imports types only. */
import { contextBridge, ipcRenderer } from 'electron';
import type { Arguments, Channel, Events, Outcome, RefitApi, Results } from '../../app/contract';

const invoke = <C extends Channel>(channel: C, args?: Arguments<C>): Promise<Outcome<Results[C]>> =>
  ipcRenderer.invoke(channel, args);

const on = <E extends keyof Events>(event: E, listener: (data: Events[E]) => void): (() => void) => {
  const forward = (_event: unknown, data: Events[E]): void => listener(data);
  ipcRenderer.on(event, forward);
  return () => ipcRenderer.off(event, forward);
};

const api: RefitApi = {
  getState: () => invoke('state:get'),
  listModels: () => invoke('models:list'),
  listVersions: (model) => invoke('weights:list', { model }),
  installWeights: () => invoke('weights:install'),
  chooseVersion: (choice) => invoke('weights:choose', choice),
  compareVersions: (comparison) => invoke('weights:compare', comparison),
  showCompared: (compared) => invoke('weights:compared', compared),
  prepare: () => invoke('setup:prepare'),
  continueSetup: () => invoke('setup:continue'),
  retry: () => invoke('setup:retry'),
  chooseDevice: (preference) => invoke('device:choose', preference),
  chooseTool: (model) => invoke('tool:choose', { model }),
  startJob: (job) => invoke('job:start', job),
  expectJob: (job) => invoke('job:expect', job),
  runParts: (parts) => invoke('job:parts', parts),
  finishJob: (finished) => invoke('job:finish', finished),
  changeAnswer: (changed) => invoke('answer:change', changed),
  cancelJob: () => invoke('job:cancel'),
  createPicture: (picture) => invoke('picture:create', picture),
  sendRows: (rows) => invoke('picture:rows', rows),
  showPicture: (ready) => invoke('picture:ready', ready),
  view: (wanted) => invoke('view', wanted),
  cut: (wanted) => invoke('picture:cut', wanted),
  sample: (model) => invoke('picture:sample', { model }),
  save: (picture) => invoke('picture:save', picture),
  cancelSave: () => invoke('picture:cancelSave'),
  saveText: (text) => invoke('text:save', text),
  copyText: (text) => invoke('text:copy', { text }),
  showInFolder: () => invoke('picture:showInFolder'),
  restart: () => invoke('app:restart'),
  leave: (step) => invoke('app:leave', step),
  onEvent: (listener) => on('event', listener),
  onChanged: (listener) => on('changed', listener),
  onSaving: (listener) => on('saving', listener),
  onOutputs: (listener) => on('outputs', listener),
  onLeaving: (listener) => on('leaving', listener),
};

contextBridge.exposeInMainWorld('refit', api);
