/** Signatures and hashes are of bytes: git on Windows, which is set up to write \r\n, must lay files down as they were signed. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '..');

test('every text that git holds is checked out with its own line ends, whatever a person’s git is set to', ({
  skip,
}) => {
  const options = ['-C', root, '-c', 'core.autocrlf=true', '-c', 'core.eol=crlf'];
  const { stdout, status } = spawnSync('git', [...options, 'ls-files', '--eol'], { encoding: 'utf8' });
  if (status !== 0) return skip('no git, or no repository');
  const files = stdout.split('\n').filter(Boolean);
  expect(files.length).toBeGreaterThan(100);
  // "i/lf w/lf attr/text=auto eol=lf <tab> file": as git holds it, as it lies here, and what it does at a checkout.
  const asItIs = /^i\/(?:lf|none|-text)\s+w\/\S*\s+attr\/(?:text=auto eol=lf|-text)\s*\t/;
  expect(files.filter((file) => !asItIs.test(file))).toEqual([]);
});
