/** `refit keygen`: a signing key of one's own. */
import path from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { repository } from '../engines/build';
import { makeSigningKey, signingKeyFile } from '../engines/sign';
import { action, command, Refusal, type Register } from './command';

const publicFile = path.join(repository, 'storage', 'catalogKey.json');

export const keygen: Register = (program) => {
  command(program, 'keygen', 'Makes the key that catalogs are signed with. Never overwrites one.')
    .option('--out <file>', 'where to ($REFIT_SIGNING_KEY, else the settings folder)')
    .option('--trust', 'put its public half into storage/catalogKey.json: apps built from now on trust it and no other')
    .action(
      action<{ out?: string; trust?: boolean }>(async ({ options }) => {
        const file = options.out ? path.resolve(options.out) : signingKeyFile();
        const ed25519 = await makeSigningKey(file).catch((error: NodeJS.ErrnoException) => {
          if (error.code !== 'EEXIST') throw error;
          throw new Refusal(`${file} is there already. A key is never overwritten: move it away first.`);
        });
        const content = `{ "ed25519": "${ed25519}" }`;
        if (options.trust) await writeFileAtomic(publicFile, `${content}\n`);
        const next = options.trust
          ? 'storage/catalogKey.json holds its public half now. Run `refit sign`, commit both, and build the app again.'
          : `For the app to trust it, storage/catalogKey.json must be: ${content}`;
        return { data: { file, ed25519 }, text: `Made ${file}. Keep it, and keep it secret.\n${next}` };
      }),
    );
};
