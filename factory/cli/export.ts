/** `refit export --ep-context`: a stripped engine as an EPContext model, for whoever runs ONNX Runtime. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Option } from 'commander';
import { type EngineEntry, parseModelCard, type Target, targets } from '../../app/catalog';
import { readCatalog } from '../engines/catalogFile';
import { engineName } from '../engines/wanted';
import { builtEngine, shippedEngine } from '../epcontext/engine';
import { exportEpContext } from '../epcontext/export';
import { type Proof, ProofReport, proofsOf, type Way, ways } from '../epcontext/proof';
import { ensurePython, repository } from '../models/python';
import { action, command, exitCode, Refusal, type Register, requireNew } from './command';
import { requireGpu, where } from './machine';
import { columns } from './screen';

/** What the addon for comparison is built with (factory/tensorrt10/sdk.ts). */
const tensorrt10 = 'tensorrt 10.6.0';

interface Options {
  epContext: true;
  profile?: string;
  target: Target;
  runtime: 'tensorrt-rtx' | 'tensorrt-10';
  way?: Way;
  out?: string;
  report: string;
  unproven?: true;
}

export const exportCommand: Register = (program) => {
  command(program, 'export', 'An engine of the catalog for other programs: an EPContext model for ONNX Runtime.')
    .argument('<model>', 'which; its ONNX file goes along, since the weights come from it')
    .requiredOption('--ep-context', 'as an EPContext model')
    .option('--profile <id>', "which of the model's profiles (the catalog's first)")
    .addOption(new Option('--target <target>', 'for which GPU family').choices(targets).default('portable'))
    .addOption(
      new Option(
        '--runtime <runtime>',
        "whose engine: the catalog's, or one of TensorRT 10, built here for this machine's GPU",
      )
        .choices(['tensorrt-rtx', 'tensorrt-10'])
        .default('tensorrt-rtx'),
    )
    .addOption(
      new Option(
        '--way <way>',
        'embedded: the stripped engine in the model; beside: in a file of its own; plan: with its weights, needs a GPU ' +
          '(the first that was proven)',
      ).choices(ways),
    )
    .option('--out <folder>', 'what to make (<model>-ep-context)')
    .option('--report <file>', 'what was proven', path.join(repository, 'docs', 'epcontext-report.json'))
    .option('--unproven', 'make it although no GPU was seen to load it right twice; it is marked so')
    .action(
      action<Options>(async ({ args: [model = ''], options, screen }) => {
        const entry = await entryFor(model, options);
        const runtime = options.runtime === 'tensorrt-10' ? tensorrt10 : entry.runtime;
        const proofs = await proofsIn(options.report, runtime);
        const proof = proofs.find(({ way }) => way === (options.way ?? way));
        if (!proof && !options.unproven) throw unproven(runtime, options);
        const way = proof?.way ?? options.way ?? 'embedded';
        const out = path.resolve(options.out ?? `${model}-ep-context`);
        requireNew(out);
        if (way === 'plan' || runtime === tensorrt10) requireGpu();
        // Before the engine, which may take minutes.
        await ensurePython(['requirements.txt'], (line) => screen.line(line));
        const cardFile = path.join(repository, 'models', model, 'model.json');
        const card = parseModelCard(await readFile(cardFile, 'utf8'), cardFile);
        const onnxFile = path.join(repository, 'models', model, 'prepared', 'model.onnx');
        screen.line(`${runtime === tensorrt10 ? `building ${model} for ${runtime}` : engineName(entry)}, ${way}`);
        const engine = await (runtime === tensorrt10
          ? builtEngine(onnxFile, card, entry.profile)
          : shippedEngine(where.engine(entry), entry, card));
        const made = await exportEpContext({ engine, card, onnxFile, way, proof, out });
        const rows = Object.entries(made.files).map(([name, bytes]) => [name, bytes.toLocaleString('en-US')]);
        const words = proof ? seen(proof) : '! Not proven: no GPU was seen to load this right twice. It is marked so.';
        return { data: { folder: out, way, ...made, proof: proof ?? null }, text: `${columns(rows, [1])}\n${words}` };
      }),
    );
};

async function entryFor(model: string, { profile, target }: Options): Promise<EngineEntry> {
  const { engines } = await readCatalog(where.catalogFile);
  const ofModel = engines.filter((entry) => entry.model === model);
  const fits = (entry: EngineEntry): boolean => entry.target === target && entry.profile === (profile ?? entry.profile);
  const entry = ofModel.find(fits);
  if (entry) return entry;
  if (ofModel.length === 0) throw new Refusal(`The catalog has no engine of a model called ${model}.`);
  throw new Refusal(
    `The catalog has no such engine. Of ${model} it has:`,
    exitCode.refused,
    ofModel.map(engineName).join('\n'),
  );
}

/** A missing report proves nothing. */
async function proofsIn(file: string, runtime: string): Promise<Proof[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? [] : proofsOf(ProofReport.parse(JSON.parse(text)), runtime);
}

const unproven = (runtime: string, { way, report }: Options): Refusal =>
  new Refusal(
    `No ONNX Runtime was seen to load ${way ? `such a model (${way})` : 'such a model'} of ${runtime} right, twice in a row.`,
    exitCode.refused,
    `Providers are known to lose the weights at the second load, and to say nothing. test/epcontext/run.py tries it on a GPU ` +
      `and writes ${path.basename(report)} (docs/epcontext.md). --unproven makes the model all the same, and marks it.`,
  );

const seen = ({ provider, onnxruntime, gpu, date, options }: Proof): string =>
  [
    `Seen to load right with ${provider} of ONNX Runtime ${onnxruntime} on ${gpu}, ${date.slice(0, 10)}.`,
    `Each load needs these provider options: ${JSON.stringify(options)}`,
  ].join('\n');
