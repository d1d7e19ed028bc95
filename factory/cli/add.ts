/** `refit add`: a model folder of an ONNX file. */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Option } from 'commander';
import { z } from 'zod';
import type { ModelCard } from '../../app/catalog';
import { defaultRuntime } from '../../app/runtimes';
import { sentenceOf } from '../../words/errors';
import { type BuildTask, repository } from '../engines/build';
import { runWork } from '../engines/work';
import { AddRefused, type AddRequest, addModel } from '../models/add';
import { valueRanges } from '../models/addCard';
import { unlicensed } from '../models/licences';
import { action, command, exitCode, parsedBy, positive, Refusal, type Register } from './command';
import { here, where } from './machine';

type Options = Omit<AddRequest, 'onnx' | 'profiles'> & {
  profile: { height: number; width: number }[];
  timeout: number;
  engineCheck: boolean;
};

export const add: Register = (program) => {
  command(program, 'add', 'Makes a model folder of an ONNX file that takes one picture. Needs no GPU.')
    .argument('<file.onnx>', 'the network; data outside the file must lie in its folder')
    .requiredOption('--id <id>', "the folder's name: lower-case letters, digits and dashes")
    .option('--name <name>', 'as a user reads it')
    .option('--summary <sentence>', 'what it does, for a user')
    .option('--order <n>', 'place in the list of tools (the last)', positive)
    .addOption(
      new Option(
        '--values <range>',
        "what the network's numbers are: 0…1, 0…255, -1…1, or ImageNet's mean and deviation",
      )
        .choices(valueRanges)
        .default('unit'),
    )
    .option('--profile <WxH...>', 'input shapes in pixels, best first', shapes, [])
    .option('--output <name...>', 'only these outputs, in this order (all)')
    .option('--whole', 'do not cut pictures into tiles, although a picture comes back', false)
    .option('--overlap <pixels>', 'context of a tile on each side', positive, 16)
    .option('--sample <picture>', 'a picture to try it on')
    .option('--sample-licence <text>', "that picture's licence")
    .option('--spdx <licence>', "the network's licence, as SPDX names it (unknown)")
    .option('--licence-file <file>', 'its text, where SPDX has no such licence')
    .option('--holder <name>', 'who holds it', 'unknown')
    .option('--no-engine-check', 'do not ask TensorRT-RTX whether it takes the network')
    .option('--timeout <seconds>', 'for that check', positive, 900)
    .action(
      action<Options>(async ({ args: [onnx = ''], options, screen }) => {
        const { profile, engineCheck, timeout, ...rest } = options;
        const tryEngine = (card: ModelCard, file: string) => {
          screen.line('building a full engine of it, as TensorRT-RTX must be able to');
          return buildOnce(card, file, timeout * 1000);
        };
        const request = { ...rest, onnx, profiles: profile, ...(engineCheck && { tryEngine }) };
        const card = await addModel(request, screen.line).catch((error: unknown) => {
          if (!(error instanceof AddRefused)) throw error;
          throw new Refusal(error.message, exitCode.refused, error.detail);
        });
        const unreleasable = await unlicensed(path.join(repository, 'models', card.id));
        const warning = [...unreleasable, 'Until then a release with it is refused.'].join('\n');
        return {
          data: { folder: `models/${card.id}`, card, unreleasable },
          text: unreleasable.length > 0 ? `${textOf(card)}\n${warning}` : textOf(card),
        };
      }),
    );
};

const textOf = ({ id, flow, profiles, outputs }: ModelCard): string =>
  `Made models/${id}: ${flow.kind === 'tiles' ? `tiles, × ${flow.scale}` : 'whole pictures'}, ` +
  `${profiles.map(({ width, height }) => `${width} × ${height}`).join(', ')}, ` +
  `gives ${outputs.map(({ name, dtype }) => `${name} (${dtype})`).join(', ')}.\n` +
  `Look at its model.json${flow.kind === 'whole' ? ' and tool.ts' : ''}: names, licence, bounds and memory are guesses.\n` +
  'Next: npm start shows it, on the processor; npm run refit -- build, on a machine with a GPU, makes its engines.';

const shape = parsedBy((text: string) => {
  const [, width, height] = /^(\d+)x(\d+)$/.exec(text) ?? [];
  if (!width || !height) throw new Error('Expected a shape such as 640x480.');
  return { width: Number(width), height: Number(height) };
});

const shapes = (text: string, before: ReturnType<typeof shape>[]) => [...before, shape(text)];

/** Builds a full engine in a process of its own. It needs no GPU, and shows what the real parser thinks of the network. */
async function buildOnce(card: ModelCard, onnxFile: string, limitMs: number): Promise<void> {
  // Without addon and libraries nothing can be checked: the error names the option that leaves the check out.
  const { machine } = here();
  if (machine.parser.kind === 'unknown')
    throw new AddRefused(
      'TensorRT-RTX is not here to ask: run node tools/setup.mjs sdk addon, or add --no-engine-check.',
    );
  const [profile] = card.profiles;
  if (!profile) return;
  const folder = await mkdtemp(path.join(os.tmpdir(), 'refit-add-'));
  const task: BuildTask = {
    addon: where.addon(defaultRuntime),
    libraries: where.libraries(defaultRuntime),
    onnxFile,
    engineFile: path.join(folder, 'full.plan'),
    shape: [profile.height, profile.width],
    computeCapabilities: [86],
  };
  const script = path.join(repository, 'factory', 'engines', 'buildFull.ts');
  try {
    await runWork({ script, task, answer: z.object({ fullBuildMs: z.number() }), limitMs });
  } catch (error) {
    throw new AddRefused('TensorRT-RTX cannot build this network.', sentenceOf(error));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
