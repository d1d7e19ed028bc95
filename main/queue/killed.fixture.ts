/**
 * A queue that writes its files and is killed on the way (killed.integration.test.ts). Argument: its folder. Says a character at
 * each step.
 */
import { open } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { outputName } from '../../app/outputName';
import { createSaves } from '../../storage/saveFile';
import { commitOnce } from './commit';
import { createOutputs } from './outputs';
import { contentOf, pictures } from './pictures.fixture';
import { openRecord } from './record';

const [root = ''] = process.argv.slice(2);
const step = (): boolean => process.stdout.write('.');
// In a function, since it runs as CommonJS.
void run();

async function run(): Promise<void> {
  step();
  const saves = createSaves(path.join(root, 'saves'), 0o022);
  await saves.sweep(() => false);
  const record = await openRecord(path.join(root, 'queue'), (error) => {
    throw error;
  });
  const outputs = createOutputs(0o022);
  const files = new Map(record.kept.files);
  let { items } = record.kept;
  if (items.length === 0) {
    items = pictures.map(({ id, name, folder }) => ({ id, name, folder, state: { kind: 'waiting' } }));
    for (const { id, name } of items) files.set(id, path.join(root, 'in', String(id), name));
    record.note({ kind: 'added', items: [...items], before: null }, files);
  }
  step();
  const waiting = items.filter(({ state }) => state.kind === 'waiting');

  /** Each of these works on what nobody else has taken. */
  async function work(): Promise<void> {
    for (let item = waiting.shift(); item; item = waiting.shift()) {
      const { id, name } = item;
      const wanted = {
        file: files.get(id) ?? '',
        folder: item.folder,
        output: path.join(root, 'out'),
        keepFolders: true,
        name: (nth: number) => outputName('{name}', { name, tools: [], format: 'txt' }, nth),
      };
      const place = await outputs.reserve(id, wanted);
      step();
      const save = await saves.begin(place.file, { replace: false });
      const handle = await open(save.temporary, 'r+');
      const content = contentOf(id);
      for (let at = 0; at < content.length; at += 4096) {
        await handle.write(content.slice(at, at + 4096));
        await setTimeout(Math.random() * 4);
        step();
      }
      await handle.close();
      step();
      const { shown } = await commitOnce({ save, items: [id], place, wanted, elapsedMs: 1 }, outputs, record);
      step();
      record.note({ kind: 'states', states: [{ id, state: { kind: 'saved', file: shown, elapsedMs: 1 } }] });
    }
  }
  await Promise.all([work(), work(), work()]);
  await record.close();
}
