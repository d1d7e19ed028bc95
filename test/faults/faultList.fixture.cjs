/**
 * A host's end of the faults that a test asks for: `$REFIT_FAULTS/faults.json`, a list of `{ call, at?, from?, tile?, how }`. `at`
 * and `from` count calls of that name in all processes, from 1; omitted: each. What was called is in `$REFIT_FAULTS/log`, a line
 * a call; what failed in `$REFIT_FAULTS/injected`, a line a fault. The test's end is faultList.fixture.ts.
 * CommonJS, as the addons that use it: a host `require`s its addon, and Node alone reads no TypeScript.
 */
const { appendFileSync, readFileSync } = require('node:fs');
const path = require('node:path');

const folder = process.env.REFIT_FAULTS ?? '';

const read = (file) => {
  try {
    return readFileSync(path.join(folder, file), 'utf8');
  } catch {
    return '';
  }
};

/** Writes a call down. @returns how it is to fail, if it is. */
exports.called = (call, tile) => {
  appendFileSync(path.join(folder, 'log'), `${call} ${tile} ${process.pid}\n`);
  const count = read('log').split(`${call} `).length - 1;
  const isIt = (fault) =>
    fault.call === call &&
    (fault.at ?? count) === count &&
    (fault.from ?? count) <= count &&
    (fault.tile ?? tile) === tile;
  const fault = JSON.parse(read('faults.json') || '[]').find(isIt);
  if (fault) appendFileSync(path.join(folder, 'injected'), `${fault.how}\n`);
  return fault?.how;
};
