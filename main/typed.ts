/** What a person typed after the app's name. */
import { app } from 'electron';

/** Switches of Chromium's that people and tests give, which are no words of a command. */
const chromiums =
  /^--(?:no-sandbox|disable-gpu|(?:ozone-platform(?:-hint)?|password-store|user-data-dir)=.*|inspect.*|remote-debugging-port=.*)$/;

/** Where the app is developed, Electron has its folder first. */
const typed = process.argv.slice(app.isPackaged ? 1 : 2);
const end = typed.includes('--') ? typed.indexOf('--') : typed.length;

export const words: readonly string[] = typed.filter((word, i) => i >= end || !chromiums.test(word));

/** Those of Chromium's, for another start of this app. */
export const switches: readonly string[] = process.argv.slice(1).filter((word) => chromiums.test(word));
