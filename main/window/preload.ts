/** What the window may do: named methods, nothing else. Runs sandboxed, so it is one file and imports types only. */
import { contextBridge, ipcRenderer, webUtils } from 'electron';
import type { Arguments, Channel, Events, Outcome, RefitApi, Results } from '../../app/contract';

const invoke = <C extends Channel>(channel: C, args?: Arguments<C>): Promise<Outcome<Results[C]>> =>
  ipcRenderer.invoke(channel, args);

const on = <E extends keyof Events>(event: E, listener: (data: Events[E]) => void): (() => void) => {
  const forward = (_event: unknown, data: Events[E]): void => listener(data);
  ipcRenderer.on(event, forward);
  return () => ipcRenderer.off(event, forward);
};

/** Of the page; declared here, because main knows no page. */
declare function addEventListener(
  type: 'drop' | 'paste' | 'change',
  listener: (event: {
    isTrusted: boolean;
    dataTransfer?: { files: Iterable<File> } | null;
    clipboardData?: { files: Iterable<File> } | null;
    target: { files?: Iterable<File> | null };
  }) => void,
  options: { capture: true },
): void;

/** Electron 25, in which the tests run, has no webUtils. */
const pathOf = (file: File): string =>
  (webUtils as typeof webUtils | undefined)?.getPathForFile(file) ?? (file as File & { path?: string }).path ?? '';

/** Paths of what a person dropped, pasted or chose last. A page can make such events of its own, but none that Chromium calls trusted. */
let dropped: string[] = [];
const keepPaths = (isTrusted: boolean, files: Iterable<File> | null | undefined): void => {
  if (isTrusted && files) dropped = [...files].map(pathOf).filter(Boolean);
};
addEventListener('drop', ({ isTrusted, dataTransfer }) => keepPaths(isTrusted, dataTransfer?.files), { capture: true });
addEventListener('paste', ({ isTrusted, clipboardData }) => keepPaths(isTrusted, clipboardData?.files), {
  capture: true,
});
// Of fields, the chooser alone has files.
addEventListener('change', ({ isTrusted, target }) => keepPaths(isTrusted, target.files), { capture: true });

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
  useResult: () => invoke('result:use'),
  saveText: (text) => invoke('text:save', text),
  copyText: (text) => invoke('text:copy', { text }),
  showInFolder: () => invoke('picture:showInFolder'),
  takeGiven: () => invoke('given:take'),
  openGiven: () => invoke('given:open'),
  listRecent: () => invoke('recent:list'),
  addRecent: () => invoke('recent:add', { paths: dropped }),
  openRecent: (id) => invoke('recent:open', { id }),
  clearRecent: () => invoke('recent:clear'),
  getQueue: () => invoke('queue:get'),
  chooseForQueue: (asked) => invoke('queue:choose', asked),
  addDropped: (before) => invoke('queue:drop', { paths: dropped, before }),
  startQueue: () => invoke('queue:start'),
  pauseQueue: () => invoke('queue:pause'),
  removeItems: (ids) => invoke('queue:remove', ids),
  retryItems: (ids) => invoke('queue:retry', ids),
  skipItems: (ids) => invoke('queue:skip', ids),
  moveItems: (moved) => invoke('queue:move', moved),
  setItemSteps: (chosen) => invoke('queue:steps', chosen),
  keepRecipe: (name) => invoke('queue:keepRecipe', { name }),
  dropRecipe: (name) => invoke('queue:dropRecipe', { name }),
  setQueue: (settings) => invoke('queue:set', settings),
  chooseOutput: (where) => invoke('queue:output', where),
  lookAtItem: (id) => invoke('queue:look', id),
  lookedAtItem: () => invoke('queue:looked'),
  thumbnail: (id) => invoke('queue:thumbnail', id),
  showQueueFolder: () => invoke('queue:showFolder'),
  restart: () => invoke('app:restart'),
  leave: (step) => invoke('app:leave', step),
  onEvent: (listener) => on('event', listener),
  onChanged: (listener) => on('changed', listener),
  onSaving: (listener) => on('saving', listener),
  onOutputs: (listener) => on('outputs', listener),
  onLeaving: (listener) => on('leaving', listener),
  onGiven: (listener) => on('given', listener),
  onQueue: (listener) => on('queue', listener),
};

contextBridge.exposeInMainWorld('refit', api);
