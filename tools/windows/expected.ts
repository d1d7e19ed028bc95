/** Tests that do not pass under Wine in the tree of tools/windows, each with its reason. Any other failure fails `npm run test:windows`. */
import type { Expected } from './judge';

const noLinks = 'Wine makes no junctions (ENOTSUP); Windows makes them for everybody.';
const noPython = 'No Python for Windows is in the tree, and so no CMake and no set-up.';
const noCompiler = 'Compiles an addon of its own, for which the tree has no CMake and no MSVC.';

export const expected: Expected[] = [
  {
    file: 'factory/cli/cli.integration.test.ts',
    test: "add shows the words of TensorRT-RTX's own parser, and leaves nothing in models/",
    reason: noPython,
    whose: 'tree',
  },
  { file: 'factory/models/add.integration.test.ts', reason: noPython, whose: 'tree' },
  { file: 'factory/models/convert.integration.test.ts', reason: noPython, whose: 'tree' },
  { file: 'tools/licences.integration.test.ts', reason: noPython, whose: 'tree' },
  { file: 'tools/seams.integration.test.ts', reason: noPython, whose: 'tree' },
  {
    file: 'tools/setup.integration.test.ts',
    test: 'keeps what an earlier set-up made where a step fails',
    reason: noPython,
    whose: 'tree',
  },
  { file: 'test/addon/task.integration.test.ts', reason: noCompiler, whose: 'tree' },
  { file: 'test/addon/tileLoop.integration.test.ts', reason: noCompiler, whose: 'tree' },
  {
    file: 'main/queue/expand.test.ts',
    test: 'of a folder follows no link, neither to a file nor to a folder, and no loop',
    reason: noLinks,
    whose: 'Wine',
  },
  {
    file: 'main/queue/expand.test.ts',
    test: 'of a folder leaves the folder of the results, however it is reached',
    reason: noLinks,
    whose: 'Wine',
  },
  {
    file: 'main/queue/outputs.test.ts',
    test: 'no folder is made through a link that leads out of the output folder',
    reason: noLinks,
    whose: 'Wine',
  },
  {
    file: 'main/window/resolveWithin.test.ts',
    test: 'finds files in its folder, through links within it too',
    reason: noLinks,
    whose: 'Wine',
  },
  {
    file: 'main/window/resolveWithin.test.ts',
    test: 'refuses what a link in it leads out to',
    reason: noLinks,
    whose: 'Wine',
  },
];
