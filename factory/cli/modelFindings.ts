/** What `refit doctor` says of the catalog, the models and their engines. */
import path from 'node:path';
import { toReport } from '../../app/errors';
import { runtimesIn } from '../../app/runtimes';
import { readShipped } from '../../main/setup/shipped';
import { readEngine, readGolden, readOnnx } from '../../storage/verify';
import { wordsOf } from '../../words/errors';
import { entryOf, wantedOf } from '../engines/wanted';
import { broken, type Finding, fact, good } from './finding';
import { where } from './machine';

/** Looks at the catalog's signature, and of each model at its prepared files and its engines. */
export async function catalogAndModels(): Promise<Finding[]> {
  const { cards, catalog, notices } = await readShipped(where);
  const found = notices.map((notice) =>
    broken('catalog', `${wordsOf(notice).message} ${notice.detail.split('\n')[0]}`),
  );
  if (notices.length === 0) found.push(good('catalog', `signed, ${catalog.engines.length} engines`));
  const wanted = runtimesIn(catalog).flatMap((name) => wantedOf(cards, name));
  for (const card of cards) {
    const faults: string[] = [];
    const check = (read: Promise<unknown>) =>
      read.catch((error: unknown) => faults.push(wordsOf(toReport(error)).message));
    await check(readOnnx(where.prepared(card.id, 'model.onnx'), card));
    const folder = path.dirname(where.prepared(card.id, 'golden.json'));
    for (const profile of card.profiles) await check(readGolden(folder, card, profile.id));
    found.push(
      faults.length === 0
        ? good(`model ${card.id}`, 'prepared')
        : broken(`model ${card.id}`, `${faults.join(' ')} Run: npm run models`),
    );
    let current = 0;
    const own = wanted.filter((want) => want.card.id === card.id);
    for (const want of own) {
      const entry = entryOf(catalog, want);
      if (!entry) continue;
      const before = faults.length;
      await check(readEngine(where.engine(entry), entry));
      if (faults.length > before) found.push(broken(`engine ${want.name}`, faults.at(-1) ?? ''));
      else if (entry.inputsSha256 === want.inputsSha256) current += 1;
    }
    const text = `${current} of ${own.length} up to date`;
    found.push(current === own.length ? good(`engines ${card.id}`, text) : fact(`engines ${card.id}`, text));
  }
  return found;
}
