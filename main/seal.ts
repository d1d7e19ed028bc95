/** What seals an installed app: whose files are checked against it before their use. */
import { app } from 'electron';
import type { Seal } from '../storage/manifest';
import { packagedKey } from '../storage/signature';

/** @returns undefined where the app runs from its repository. */
export const installedSeal = (): Seal | undefined =>
  app.isPackaged ? { root: process.resourcesPath, key: packagedKey(app.getAppPath()) } : undefined;
