// Runs first in a clean clone, so it is plain Node without packages: brings node_modules in line with package-lock.json, then hands over
// to setup.ts. `node tools/setup.mjs [step…]`; without a step it runs all of them.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19))
  fail(`Refit needs Node 20.19 or newer; this is ${process.versions.node}.`);

if (packagesMatch()) {
  console.log('● npm packages: there already');
} else {
  console.log('● npm packages: npm ci');
  // npm tells scripts its own path. Started by that path it needs no shell, which npm.cmd on Windows would.
  const npm = process.env.npm_execpath;
  const status = npm ? run(process.execPath, [npm, 'ci']) : run('npm', ['ci'], process.platform === 'win32');
  if (status !== 0) fail('npm ci failed. Check the network and the lines above, then run the same command again.');
}

const tsx = path.join(root, 'node_modules', 'tsx', 'dist', 'cli.mjs');
process.exit(run(process.execPath, [tsx, path.join('tools', 'setup.ts'), ...process.argv.slice(2)]));

/** npm writes node_modules/.package-lock.json last, so an interrupted install lacks it. */
function packagesMatch() {
  try {
    const wanted = readPackages('package-lock.json');
    const installed = readPackages(path.join('node_modules', '.package-lock.json'));
    return Object.entries(wanted).every(([name, { version, optional }]) => {
      if (name === '') return true;
      return installed[name] ? installed[name].version === version : optional === true;
    });
  } catch {
    return false;
  }
}

function readPackages(file) {
  return JSON.parse(readFileSync(path.join(root, file), 'utf8')).packages;
}

function run(command, args, shell = false) {
  return spawnSync(command, args, { cwd: root, stdio: 'inherit', shell }).status ?? 1;
}

function fail(message) {
  console.error(`✗ ${message}`);
  process.exit(1);
}
