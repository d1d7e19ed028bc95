/**
 * What this process makes is this user's alone, whatever umask it was started with: the log, the key, all that Chromium keeps.
 * Set as soon as it is imported, before anything is made.
 */

/** The umask that the app was started with: it says what the person's own new files allow. */
export const umask = process.umask(0o077);
