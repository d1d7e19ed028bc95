/** All targets, in order. */
import { addonTargets } from './addon';
import { documentTargets } from './documents';
import { fileTargets } from './files';
import { messageTargets } from './messages';
import { pictureTargets } from './pictures';
import type { Target } from './target';

export const targets: Target[] = [
  ...documentTargets,
  ...fileTargets,
  ...pictureTargets,
  ...messageTargets,
  ...addonTargets,
];
