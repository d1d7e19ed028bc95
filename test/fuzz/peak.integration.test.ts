import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';

/** Measures in a process of its own. */
const measured = (body: string): number => {
  const file = JSON.stringify(new URL('peak.ts', import.meta.url).href);
  const script = `import(${file}).then(({ peakBytes }) => { const before = peakBytes(); ${body}; console.log(peakBytes() - before); })`;
  return Number(execFileSync(process.execPath, ['--import', 'tsx', '-e', script], { encoding: 'utf8' }));
};
const mega = 2 ** 20;

test('counts memory that was held and is free again', () => {
  expect(measured(`(() => { Buffer.alloc(200 * ${mega}, 1); })(); globalThis.gc?.()`)).toBeGreaterThan(150 * mega);
  expect(measured('')).toBeLessThan(20 * mega);
});

test('does not begin with the peak of the process before', () => {
  const held = Buffer.alloc(400 * mega, 1);
  const file = JSON.stringify(new URL('peak.ts', import.meta.url).href);
  const script = `import(${file}).then(({ peakBytes }) => console.log(peakBytes()))`;
  const peak = Number(execFileSync(process.execPath, ['--import', 'tsx', '-e', script], { encoding: 'utf8' }));
  expect(peak).toBeGreaterThan(20 * mega);
  expect(peak).toBeLessThan(held.byteLength);
});
