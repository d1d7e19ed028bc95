/** The runtimes that a development tree may have, the app's own and TensorRT 10.6: where addon and libraries lie, from the root. */
import { join } from 'node:path';
import { devAddonFile, devLibraryDir } from '../../native/addon';

const own = join('factory', 'tensorrt10');

export const devRuntimes = {
  'tensorrt-rtx': { addonFile: devAddonFile, libraryDir: devLibraryDir },
  /** `sdk.ts` and `build.ts` make it; no set-up does. */
  'tensorrt-10': {
    addonFile: join(own, 'build', 'refit-tensorrt-10.node'),
    libraryDir: join(own, 'sdk', 'lib'),
  },
} as const;
export type DevRuntime = keyof typeof devRuntimes;
