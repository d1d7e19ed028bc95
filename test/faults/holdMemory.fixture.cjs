/**
 * Another program that uses the GPU: `fork(this, [the addon of test/addon/faults])`. Told `{ leave }` it takes what is free but that many
 * bytes, and whatever else comes free, until told `{}`. Answers with the bytes that are free then.
 * CommonJS: Node alone runs it, and reads no TypeScript.
 */
const faults = require(process.argv[2]);

let holding;
process.on('message', ({ leave }) => {
  clearInterval(holding);
  if (leave === undefined) return process.send(faults.release());
  process.send(faults.fill(leave));
  holding = setInterval(() => faults.fill(leave), 5);
});
// Whatever becomes of the test, the GPU is free again.
process.on('disconnect', () => process.exit());
