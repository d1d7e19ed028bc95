import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { buildEntry } from '../build.fixture';
import { temporaryFolder } from '../example.fixture';
import { contentOf, pictures } from './pictures.fixture';
import { openRecord } from './record';

const kills = 24;

let queue: string;
beforeAll(async () => {
  // Translated once: it starts 25 times.
  queue = await buildEntry('main/queue/killed.fixture', `killed-${process.pid}`);
  return () => rm(path.dirname(queue), { recursive: true, force: true });
});

function start(root: string) {
  return spawn(process.execPath, [queue, root], { stdio: ['ignore', 'pipe', 'inherit'] });
}

test.skipIf(process.platform === 'win32')(
  `a queue that is killed ${kills} times does each picture once, forgets none, and leaves whole files only`,
  async () => {
    const root = await temporaryFolder();
    const out = path.join(root, 'out');
    await mkdir(out);
    for (let kill = 0; kill < kills; kill++) {
      const process = start(root);
      const ended = once(process, 'exit');
      let steps = 1 + Math.floor(Math.random() * 40);
      await new Promise<void>((resolve) => {
        process.stdout.on('data', (said: Buffer) => {
          steps -= said.length;
          if (steps <= 0) resolve();
        });
        process.stdout.once('end', resolve);
      });
      await setTimeout(Math.random() * 5);
      process.kill('SIGKILL');
      await ended;
      const names = await readdir(out, { recursive: true });
      for (const name of names.filter((each) => each.endsWith('.txt'))) {
        const content = await readFile(path.join(out, name), 'utf8');
        expect(content).toBe(contentOf(Number.parseInt(content, 10)));
      }
    }
    const [code] = await once(start(root), 'exit');
    expect(code).toBe(0);

    const record = await openRecord(path.join(root, 'queue'), (error) => {
      throw error;
    });
    await record.close();
    const { items } = record.kept;
    expect(items.map(({ id }) => id)).toEqual(pictures.map(({ id }) => id));
    for (const { id, folder, state } of items) {
      const file = state.kind === 'saved' ? state.file : '';
      expect(file.startsWith(`${folder}/`)).toBe(true);
      expect(await readFile(path.join(out, file), 'utf8')).toBe(contentOf(id));
    }
    const files = (await readdir(out, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    expect(files.filter(({ name }) => !name.endsWith('.txt'))).toEqual([]);
    expect(files).toHaveLength(pictures.length);
    expect(await readdir(path.join(root, 'saves'))).toEqual([]);
  },
);
