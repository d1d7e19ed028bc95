/** Every command of `refit`. A new one is a file here and a line in this list. */
import { add } from './add';
import { build } from './build';
import type { Register } from './command';
import { doctor } from './doctor';
import { exportCommand } from './export';
import { inspect } from './inspect';
import { keygen } from './keygen';
import { merge } from './merge';
import { pack } from './pack';
import { race } from './race';
import { select } from './select';
import { sign } from './sign';
import { sizes } from './sizes';
import { verify } from './verify';

export const commands: Register[] = [
  add,
  build,
  merge,
  verify,
  race,
  pack,
  sizes,
  inspect,
  exportCommand,
  select,
  doctor,
  sign,
  keygen,
];
