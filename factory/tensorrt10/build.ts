/** Compiles the addon of TensorRT 10.6: `tsx factory/tensorrt10/build.ts`, after `sdk.ts`. */
import { join } from 'node:path';
import { compile } from '../../native/build';
import { message } from '../../native/commands';

const folder = import.meta.dirname;

compile(console.log, {
  project: join(folder, '..', '..', 'native'),
  build: join(folder, 'build'),
  targets: ['tensorrt-10'],
  variables: {
    REFIT_RUNTIMES: 'tensorrt-10',
    REFIT_RUNTIME_SOURCE: join(folder, 'runtime_tensorrt_10.cc'),
    REFIT_SDK_INCLUDES: join(folder, 'sdk', 'include'),
  },
}).catch((error: unknown) => {
  console.error(message(error));
  process.exitCode = 1;
});
