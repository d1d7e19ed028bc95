/** What the files of an installed app are checked against before their use (storage/manifest.ts). */
import { app } from 'electron';
import type { Seal } from '../storage/manifest';
import { packagedKey } from '../storage/signature';

/** @returns undefined where the app runs from its repository. */
export const installedSeal = (): Seal | undefined =>
  app.isPackaged ? { root: process.resourcesPath, key: packagedKey(app.getAppPath()) } : undefined;
