/** The log. Only main writes it, and only main reads it: what electron-log opens to windows is closed here. */
import { ipcMain } from 'electron';
import log from 'electron-log/main';

// It listens from its import on, to whoever sends, with no option against it: a window that was taken over could write lines
// of any size, and have main show boxes with its words.
const channel = '__ELECTRON_LOG__';
ipcMain.removeAllListeners(channel);
ipcMain.removeHandler(channel);
// Where the app is not packaged it also sends every line to every window, paths and all.
log.transports.ipc.level = false;

export default log;
