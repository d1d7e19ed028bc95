/** The command line's words: what `refit run …` asks for, or what is wrong with it. Pure. */
import { parseArgs } from 'node:util';
import type { ModelCard } from '../../app/catalog';
import { defaultPattern, nameWords, patternFault } from '../../app/outputName';
import { defaultQuality } from '../../app/pictureLimits';
import { maxSteps, type NamedRecipe, type QueueSettings, type Step } from '../../app/queue';
import { Recipe } from '../../app/queueSchema';
import { type Runner, runners } from '../../app/runner';
import { hideStrengths, hideStyles } from '../../app/toolAnswer';
import { toolsOf } from '../../app/tools';
import { wrongWords } from '../../words/commandLine';

/** What a person asked for. */
export interface RunWords {
  kind: 'run';
  inputs: string[];
  /** Null: beside the pictures. */
  output: string | null;
  recursive: boolean;
  settings: QueueSettings;
  /** The best device that is used. */
  device: Runner;
  json: boolean;
  quiet: boolean;
}

export type Words = RunWords | { kind: 'doctor'; json: boolean } | { kind: 'wrong'; why: string };

const options = {
  output: { type: 'string', short: 'o' },
  recursive: { type: 'boolean', short: 'r' },
  format: { type: 'string', short: 'f' },
  quality: { type: 'string', short: 'q' },
  scale: { type: 'string', short: 's' },
  width: { type: 'string', short: 'w' },
  name: { type: 'string', short: 'n' },
  flat: { type: 'boolean' },
  'no-metadata': { type: 'boolean' },
  'no-place': { type: 'boolean' },
  hide: { type: 'string' },
  strength: { type: 'string' },
  ground: { type: 'string' },
  together: { type: 'boolean' },
  recipe: { type: 'string' },
  device: { type: 'string' },
  json: { type: 'boolean' },
  quiet: { type: 'boolean' },
} as const;

class Wrong extends Error {}

/** Parses the words of every command but help (help.ts). @param args without the program's own name. @param cards tools that there are. @param recipes that the person keeps. */
export function parseWords(
  args: readonly string[],
  cards: readonly ModelCard[],
  recipes: readonly NamedRecipe[] = [],
): Words {
  try {
    const [command, ...rest] = args;
    const { values, positionals } = parseArgs({ args: rest, options, allowPositionals: true, strict: true });
    if (command === 'doctor') return { kind: 'doctor', json: values.json ?? false };
    if (command !== 'run') throw new Wrong(wrongWords.command(command ?? ''));
    if (values.recipe !== undefined) {
      const kept = keptRecipe(values.recipe, recipes, cards);
      return { ...asked(positionals, values), settings: { recipe: kept, ...namingOf(values) } };
    }
    const [chain, ...inputs] = positionals;
    if (chain === undefined) throw new Wrong(wrongWords.noTool(names(cards)));
    const steps = stepsOf(chain, values, cards);
    return { ...asked(inputs, values), settings: settingsOf(steps, values, cards) };
  } catch (error) {
    return { kind: 'wrong', why: (error as Error).message };
  }
}

/** What is the same with a tool and with a recipe. */
function asked(inputs: string[], values: Values): Omit<RunWords, 'settings'> {
  if (inputs.length === 0) throw new Wrong(wrongWords.noInput());
  return {
    kind: 'run',
    inputs,
    output: values.output ?? null,
    recursive: values.recursive ?? false,
    device: oneOf('--device', values.device ?? 'gpu', runners),
    json: values.json ?? false,
    quiet: values.quiet ?? false,
  };
}

function keptRecipe(name: string, recipes: readonly NamedRecipe[], cards: readonly ModelCard[]): Recipe {
  const found = recipes.find((each) => each.name === name);
  if (!found)
    throw new Wrong(
      wrongWords.recipe(
        name,
        recipes.map((each) => each.name),
      ),
    );
  const gone = found.recipe.steps.find(({ model }) => !toolsOf(cards).some(({ id }) => id === model));
  if (gone) throw new Wrong(wrongWords.tool(gone.model, names(cards)));
  return found.recipe;
}

/** @throws Wrong where the pattern makes no names. */
function namingOf(values: Values): Pick<QueueSettings, 'pattern' | 'keepFolders'> {
  const pattern = values.name ?? defaultPattern;
  const fault = patternFault(pattern);
  if (fault && fault.kind !== 'same')
    throw new Wrong(fault.kind === 'unknown' ? wrongWords.nameWord(fault.word, nameWords) : wrongWords.nameEmpty());
  return { pattern, keepFolders: !values.flat };
}

type Values = { [K in keyof typeof options]?: (typeof options)[K]['type'] extends 'boolean' ? boolean : string };

const names = (cards: readonly ModelCard[]): string[] => toolsOf(cards).map(({ id }) => id);

/** "cut-out+fast-x4": one tool after the other. */
function stepsOf(chain: string, { hide, strength, ground }: Values, cards: readonly ModelCard[]): [Step, ...Step[]] {
  const ids = chain.split('+');
  if (ids.length > maxSteps) throw new Wrong(wrongWords.steps(maxSteps));
  const steps = ids.map((id, i): Step => {
    const card = toolsOf(cards).find((each) => each.id === id);
    if (!card) throw new Wrong(wrongWords.tool(id, names(cards)));
    if (card.gives === 'text' && i < ids.length - 1) throw new Wrong(wrongWords.afterText(id));
    return { model: id };
  });
  const find = (id: string, option: string): Step => {
    const step = steps.find(({ model }) => model === id);
    if (!step) throw new Wrong(wrongWords.optionOf(option, id));
    return step;
  };
  if (hide !== undefined || strength !== undefined)
    find('blur-faces', hide === undefined ? '--strength' : '--hide').hide = {
      style: oneOf('--hide', hide ?? 'pixelate', hideStyles),
      strength: oneOf('--strength', strength ?? 'medium', hideStrengths),
    };
  if (ground !== undefined) find('cut-out', '--ground').ground = groundOf(ground);
  return steps as [Step, ...Step[]];
}

function groundOf(ground: string): NonNullable<Step['ground']> {
  if (ground === 'transparent' || ground === 'blur') return { kind: ground };
  const colour = ground === 'white' ? '#ffffff' : ground === 'black' ? '#000000' : ground.toLowerCase();
  if (!/^#[0-9a-f]{6}$/.test(colour)) throw new Wrong(wrongWords.ground());
  return { kind: 'colour', colour };
}

function settingsOf(steps: [Step, ...Step[]], values: Values, cards: readonly ModelCard[]): QueueSettings {
  const isText = cards.find(({ id }) => id === steps.at(-1)?.model)?.gives === 'text';
  const text = isText ? oneOf('--format', values.format ?? 'txt', ['txt', 'csv', 'json'] as const) : 'txt';
  const format = isText
    ? 'png'
    : oneOf('--format', values.format === 'jpg' ? 'jpeg' : (values.format ?? 'png'), ['png', 'jpeg', 'webp'] as const);
  if (values.scale !== undefined && values.width !== undefined) throw new Wrong(wrongWords.sizeTwice());
  if (values.together && !isText) throw new Wrong(wrongWords.together());
  const recipe = Recipe.parse({
    steps,
    format,
    quality: numberOf('--quality', values.quality ?? String(defaultQuality), 1, 100),
    size:
      values.scale !== undefined
        ? { kind: 'times', times: numberOf('--scale', values.scale, 0.01, 16) }
        : values.width !== undefined
          ? { kind: 'width', width: numberOf('--width', values.width, 1, 65_535) }
          : { kind: 'whole' },
    keepMetadata: !values['no-metadata'],
    keepPlace: !values['no-place'],
    text: { format: text, together: values.together ?? false },
  });
  return { recipe, ...namingOf(values) };
}

function numberOf(option: string, said: string, least: number, most: number): number {
  const value = Number(said);
  const isWhole = option === '--scale' || Number.isInteger(value);
  if (said.trim() === '' || !isWhole || !(value >= least && value <= most))
    throw new Wrong(wrongWords.number(option, least, most));
  return value;
}

function oneOf<T extends string>(option: string, said: string, all: readonly T[]): T {
  const found = all.find((each) => each === said);
  if (found === undefined) throw new Wrong(wrongWords.choice(option, all));
  return found;
}
