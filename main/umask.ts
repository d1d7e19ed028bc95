/**
 * Makes every new file of this process readable by this user alone, whatever umask it was started with: the log, the key, all that
 * Chromium keeps. The import itself sets it, before anything makes a file.
 */

/** The umask that the app was started with: pictures that the person saves follow it. */
export const umask = process.umask(0o077);
