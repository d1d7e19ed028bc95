/** `refit pack`: new weights for people who have the old ones. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { id as idSchema, parseModelCard } from '../../app/catalog';
import { sha256 } from '../../storage/verify';
import { signingKeyFile } from '../engines/sign';
import { action, command, Refusal, type Register, requireNew } from './command';
import { makePack } from './makePack';

const models = path.resolve(import.meta.dirname, '..', '..', 'models');

interface Options {
  model: string;
  out?: string;
  key?: string;
}

export const pack: Register = (program) => {
  command(program, 'pack', 'Makes a signed weight pack: what changed from one ONNX file to another of the same graph.')
    .argument('<old.onnx>', 'the weights that are installed: models/<id>/prepared/model.onnx, or a later version')
    .argument('<new.onnx>', 'the new ones')
    .requiredOption('--model <id>', 'whose weights they are')
    .option('--out <folder>', 'the pack (<id>-<first of the new hash>.refitpack)')
    .option('--key <file>', 'the Ed25519 private key, PEM (the one that signs catalogs)')
    .action(
      action<Options>(async ({ args: [oldFile = '', newFile = ''], options: { model, out, key }, screen }) => {
        if (!idSchema.safeParse(model).success) throw new Refusal(`There is no model called ${model}.`);
        const keyFile = key ?? signingKeyFile();
        const cardFile = path.join(models, model, 'model.json');
        const card = parseModelCard(await readText(cardFile), cardFile);
        const to = sha256(await readFile(newFile).catch(missing(newFile)));
        const folder = path.resolve(out ?? `${model}-${to.slice(0, 8)}.refitpack`);
        requireNew(folder);
        screen.line('running the golden pictures through the new weights');
        const summary = await makePack({
          card,
          preparedDir: path.join(models, model, 'prepared'),
          oldOnnxFile: oldFile,
          newOnnxFile: newFile,
          out: folder,
          signingKey: await readFile(keyFile).catch(missing(keyFile)),
        });
        const { tensors, changedBytes, packBytes } = summary;
        const ratio = (packBytes / changedBytes).toFixed(3);
        return {
          data: { folder, onnxSha256: to, ...summary },
          text: `${folder}\n${tensors} tensors changed, ${changedBytes} bytes; the pack is ${packBytes} bytes, ${ratio} × as many.`,
        };
      }),
    );
};

const missing = (file: string) => (error: unknown) => {
  throw new Refusal(`${file} could not be read.`, undefined, String(error));
};

const readText = (file: string): Promise<string> => readFile(file, 'utf8').catch(missing(file));
