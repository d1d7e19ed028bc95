/** `refit sign`: lists the cards in the catalog anew and signs it. */
import { readCatalog, writeCatalog } from '../engines/catalogFile';
import type { Signing } from '../engines/sign';
import { action, command, exitCode, Refusal, type Register } from './command';
import { where } from './machine';

export const sign: Register = (program) => {
  command(program, 'sign', 'Signs engines/catalog.json, after bringing its list of model cards up to date.').action(
    action(async () => {
      const { catalogFile, modelsDir } = where;
      const signing = await writeCatalog(catalogFile, await readCatalog(catalogFile), modelsDir);
      if (signing.kind === 'unsigned') throw new Refusal(`Not signed: ${signing.reason}.`, exitCode.failed);
      return { data: { catalogFile, ...signing }, text: signingLine(signing) };
    }),
  );
};

/** Says whether the catalog that a command wrote is signed, and if not that the app will refuse it. */
export const signingLine = (signing: Signing): string =>
  signing.kind === 'signed'
    ? 'The catalog is signed.'
    : `⚠ THE CATALOG IS NOT SIGNED: the app will refuse it and work on the processor. Why: ${signing.reason}.\n` +
      '  Where the key is, run: refit sign';
