/** The log. Only main writes it: what electron-log opens to windows is closed here. */
import path from 'node:path';
import { format } from 'node:util';
import { app, ipcMain } from 'electron';
import type { LogMessage } from 'electron-log';
import log from 'electron-log/main';
import { LogFile } from './logFile';

// electron-log listens from its import on to any sender, with no option against it: a window that was taken over could write lines of
// any size and have main show boxes with its words.
const channel = '__ELECTRON_LOG__';
ipcMain.removeAllListeners(channel);
ipcMain.removeHandler(channel);
// Unpackaged, electron-log also sends every line to every window, paths and all.
log.transports.ipc.level = false;

// electron-log's own file is readable for everybody, and it opens whatever lies there: a pipe would hold main for good.
log.transports.file.level = false;
let file: LogFile | undefined;
const keep = ({ date, level, data }: LogMessage): void => {
  file ??= new LogFile(path.join(app.getPath('userData'), 'logs', 'main.log'), (why) => {
    process.stderr.write(`no log is kept: ${why}\n`);
  });
  file.write(`[${date.toISOString()}] [${level}] ${format(...data)}`);
};
log.transports.kept = Object.assign(keep, { level: 'silly' as const, transforms: [] });

export default log;
