import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { leftoverName } from '../../storage/leftovers';
import { removesSession } from './session';

function session(): string {
  const folder = mkdtempSync(path.join(tmpdir(), leftoverName('command')));
  writeFileSync(path.join(folder, 'Preferences'), '{}');
  return folder;
}

test('removes the session that it is told, and asks for nothing more', () => {
  const folder = session();
  expect(removesSession([`--remove-session=${path.basename(folder)}`])).toBe(true);
  expect(existsSync(folder)).toBe(false);
  expect(removesSession([`--remove-session=${path.basename(folder)}`])).toBe(true);
});

test('removes nothing that is not a command’s session in the folder for temporary files', () => {
  const folder = session();
  const inside = path.join(folder, 'Preferences');
  const name = path.basename(folder);
  for (const word of [folder, name, `${name}/Preferences`, `${name}/../${name}`, 'refit-picture-1-a', '', '.', '..'])
    expect(removesSession([`--remove-session=${word}`])).toBe(word === name);
  expect(removesSession([])).toBe(false);
  const kept = session();
  expect(removesSession(['doctor', `--remove-session=${path.basename(kept)}`])).toBe(false);
  expect([existsSync(inside), existsSync(kept)]).toEqual([false, true]);
  removesSession([`--remove-session=${path.basename(kept)}`]);
});
