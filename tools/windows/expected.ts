/** Tests that do not pass under Wine in the tree of tools/windows, each with its reason. Any other failure fails `npm run test:windows`. */
import type { Expected } from './judge';

export const expected: Expected[] = [];
