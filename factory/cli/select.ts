/** `refit select`: which engine any GPU would get, and why, by the app's own choice. Needs no GPU. */
import { InvalidArgumentError } from 'commander';
import type { EngineEntry } from '../../app/catalog';
import type { ErrorReport } from '../../app/errors';
import { type ComputeCapability, formatCapability, type Gpu, type Machine } from '../../app/machine';
import { oldestDriver, selectCandidates, selectDevice, selectEngine, selectRuntime } from '../../app/select';
import { readShipped, type Shipped } from '../../main/setup/shipped';
import { whyChosen, whyRefused } from '../../words/engines';
import { wordsOf } from '../../words/errors';
import { action, command, exitCode, parsedBy, Refusal, type Register } from './command';
import { cudaVersionOf, gpusNamed, parseCapability } from './gpus';
import { where } from './machine';
import { columns } from './screen';

interface Options {
  gpu?: string;
  cc?: ComputeCapability;
  vram?: number;
  driver: string;
  model?: string;
}

export interface Row {
  model: string;
  /** The engine that the app takes before it has measured any; null: the processor runs the model. */
  engine: string | null;
  why: string;
  /** Every engine that the race of the first start times, the expected winner first. */
  candidates: string[];
  /** Engines that are no candidates, and why. */
  refused: { engine: string; why: string }[];
}

export interface Answer {
  gpu: string;
  computeCapability: string;
  vramBytes: number;
  driver: string;
  engines: Row[];
}

export const select: Register = (program) => {
  command(program, 'select', 'Which engine a GPU would get for each model, and why. Needs no GPU.')
    .option('--gpu <name>', 'a card by name: "RTX 4070"')
    .option('--cc <major.minor>', 'or its compute capability', parsedBy(parseCapability))
    .option('--vram <size>', 'and its memory: 12GB', memory)
    .option('--driver <version>', "NVIDIA's driver there", `${oldestDriver}.0`)
    .option('--model <id>', 'only this model')
    .action(
      action<Options>(async ({ options }) => {
        const shipped = await readShipped(where);
        const answers = gpusOf(options).map((gpu) => answerFor(gpu, options.driver, shipped, options.model));
        const served = answers.some(({ engines }) => engines.some(({ engine }) => engine !== null));
        return {
          data: { notices: shipped.notices, gpus: answers },
          text: [...shipped.notices.map((notice) => `⚠ ${wordsOf(notice).message}`), ...answers.map(textOf)].join(
            '\n\n',
          ),
          code: served ? exitCode.ok : exitCode.failed,
        };
      }),
    );
};

/** "12GB", "512 MB". Binary, as on a card's box. */
function memory(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)\s*([GM])i?B?$/i.exec(text) ?? [];
  if (!amount || !unit) throw new InvalidArgumentError('Expected a size such as 12GB.');
  return Number(amount) * 2 ** (unit.toUpperCase() === 'G' ? 30 : 20);
}

/** @throws Refusal if no option names a GPU, or the name is unknown. */
export function gpusOf({ gpu, cc, vram }: Pick<Options, 'gpu' | 'cc' | 'vram'>): Gpu[] {
  const made = (name: string, computeCapability: ComputeCapability, vramBytes: number): Gpu => ({
    index: 0,
    name,
    uuid: '',
    computeCapability,
    vramBytes,
    // They rank several cards, and here is one.
    multiprocessors: 0,
    clockKhz: 0,
  });
  if (cc) {
    if (!vram) throw new Refusal('With --cc goes --vram: the memory decides too.', exitCode.usage);
    return [made(gpu ?? `a GPU of ${formatCapability(cc)}`, cc, vram)];
  }
  if (!gpu) throw new Refusal('Expected --gpu <name>, or --cc and --vram.', exitCode.usage);
  const found = gpusNamed(gpu);
  if (found.length === 0)
    throw new Refusal(`No card called “${gpu}” is known here: say --cc and --vram instead.`, exitCode.refused);
  return found.map(({ name, computeCapability, memoryGb }) =>
    made(`NVIDIA ${name}`, computeCapability, vram ?? memoryGb * 2 ** 30),
  );
}

/** What the app would say on a machine with this GPU. */
export function answerFor(gpu: Gpu, driver: string, { cards, catalog, catalogFault }: Shipped, only?: string): Answer {
  const gpus: Machine['gpus'] = { kind: 'known', value: [gpu] };
  const engineRuntime = selectRuntime({ gpus }, cards, catalog);
  const machine: Machine = {
    driver: { kind: 'known', value: { version: driver, cudaVersion: cudaVersionOf(driver) } },
    gpus,
    runtime: { kind: 'known', value: engineRuntime },
    parser: { kind: 'known', value: '' },
  };
  const device = selectDevice(machine);
  const none = { engine: null, candidates: [], refused: [] };
  const engines = cards
    .filter(({ id }) => only === undefined || id === only)
    .map((card): Row => {
      const model = card.id;
      if (device.kind === 'cpu') return { model, ...none, why: reasonOf(device.reason) };
      if (catalogFault) return { model, ...none, why: wordsOf(catalogFault).message };
      const { choices, refused: others } = selectCandidates(gpu, engineRuntime, card, catalog);
      const candidates = choices.map(({ entry, cudaGraph }) => `${shortName(entry)}${cudaGraph ? '/graph' : ''}`);
      const refused = others.map((refusal) => ({
        engine: shortName(refusal.entry),
        why: whyRefused(refusal, gpu, card),
      }));
      const selected = selectEngine(gpu, engineRuntime, card, catalog);
      if (selected.kind === 'none') return { model, ...none, why: reasonOf(selected.reason), refused };
      const { entry } = selected.choice;
      return { model, engine: shortName(entry), why: whyChosen(entry.target, gpu.name), candidates, refused };
    });
  const { name, computeCapability, vramBytes } = gpu;
  return { gpu: name, computeCapability: formatCapability(computeCapability), vramBytes, driver, engines };
}

const shortName = ({ profile, target }: EngineEntry): string => `${profile}/${target}`;

const reasonOf = (report: ErrorReport): string => {
  const { message } = wordsOf(report);
  return report.detail ? `${message} (${report.detail})` : message;
};

const textOf = ({ gpu, computeCapability, vramBytes, driver, engines }: Answer): string =>
  `${gpu}, compute capability ${computeCapability}, ${(vramBytes / 2 ** 30).toFixed(1)} GB, driver ${driver}\n` +
  columns(
    engines.map(({ model, engine, why, candidates }) => [
      `  ${model}`,
      engine ?? 'processor',
      candidates.length > 1 ? `${why} Raced with ${candidates.slice(1).join(', ')}.` : why,
    ]),
  );
