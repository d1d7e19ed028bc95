/** Names results, by a pattern of the person's or as Refit does it. Pure. */
import type { Format, ModelInfo, TextFormat } from './contract';
import { bytesOf, fitName, fitStem, maxNameBytes, plainStem } from './fileName';
import { scaleOf } from './pictureLimits';

const endings: Record<Format, string> = { png: 'png', jpeg: 'jpg', webp: 'webp' };
const isPicture = (format: Format | TextFormat): format is Format => format in endings;

/** More of a name tells nobody more, and a path has its own limits. */
const maxNameCharacters = 120;

/** "cat ×4.png"; a tool that keeps the size adds its own name: "cat cut out.png"; text is called as its picture: "cat.txt". */
export const defaultPattern = '{name} {tool}';

/** What a pattern may say in braces. */
export const nameWords = ['name', 'tool', 'size', 'number', 'date'] as const;
export type NameWord = (typeof nameWords)[number];
/** Those that tell one picture of a queue from another. */
const telling: readonly string[] = ['name', 'number'] satisfies NameWord[];

/** Braces with what stands before them: a word that has nothing to say takes it along. */
const braces = /([ _-]*)\{([^{}]*)\}/g;

export interface NameFacts {
  /** The picture's own, with its ending. */
  name: string;
  /** What is done to it, in order. */
  tools: readonly Pick<ModelInfo, 'name' | 'flow'>[];
  format: Format | TextFormat;
  /** How many times as large it is saved; omitted: as the tools make it. */
  times?: number;
  /** Of what is saved, in pixels. Omitted, as the other facts where nobody knows them: {size} says nothing. */
  size?: { width: number; height: number };
  /** Its place in the queue, from 1. */
  number?: number;
  date?: Date;
}

/**
 * A file's name, without folders. Any pattern and any facts give one that every file system takes, of at most 255 bytes; a long
 * {name} is shortened so that the rest stays.
 * @param nth of the same name, from 1: "cat.png", "cat (2).png".
 */
export function outputName(pattern: string, facts: NameFacts, nth = 1): string {
  const { format } = facts;
  const ending = `${nth > 1 ? ` (${nth})` : ''}.${isPicture(format) ? endings[format] : format}`;
  const words: Record<string, string> = {
    tool: toolWords(facts),
    size: facts.size ? `${facts.size.width}×${facts.size.height}` : '',
    number: facts.number === undefined ? '' : String(facts.number).padStart(3, '0'),
    date: facts.date ? dayOf(facts.date) : '',
  };
  const filled = (name: string): string =>
    pattern.replace(braces, (text, before: string, word: string) => {
      const said = word === 'name' ? name : words[word];
      return said === undefined ? text : said && before + said;
    });
  const name = plainStem(facts.name.replace(/\.[^.]{1,5}$/, ''));
  const room = maxNameBytes - bytesOf(plainStem(filled('_')) + ending);
  const times = [...pattern.matchAll(braces)].filter(([, , word]) => word === 'name').length;
  return fitName(plainStem(filled(fitStem(name, 1 + room / times, maxNameCharacters))), ending);
}

/** What was done: "×4", "cut out", "cut out ×4". Nothing of a text. */
function toolWords({ tools, format, times }: NameFacts): string {
  if (!isPicture(format)) return '';
  const scale = times ?? tools.reduce((product, tool) => product * scaleOf(tool), 1);
  // A width of one's own gives no whole number, and "×2.37" says nothing.
  const enlarged = Number.isInteger(scale) ? `×${scale}` : 'enlarged';
  const words = tools.map((tool) => (scaleOf(tool) > 1 ? enlarged : tool.name.toLowerCase()));
  return [...new Set(words)].join(' ');
}

/** As it sorts, in the person's own time: "2024-08-31". */
const dayOf = (date: Date): string =>
  [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((part) => String(part).padStart(2, '0')).join('-');

export type PatternFault =
  /** Nothing is left of it that a name could be made of. */
  | { kind: 'empty' }
  | { kind: 'unknown'; word: string }
  /** Every picture gets the same name, and a number behind it. It may stay so. */
  | { kind: 'same' };

/** What a person should hear of their pattern. Of `same` alone names can be made as they meant them. */
export function patternFault(pattern: string): PatternFault | null {
  if (!/[^. ]/.test(pattern)) return { kind: 'empty' };
  const words = [...pattern.matchAll(braces)].map(([, , word = '']) => word);
  const unknown = words.find((word) => !(nameWords as readonly string[]).includes(word));
  if (unknown !== undefined) return { kind: 'unknown', word: unknown };
  return words.some((word) => telling.includes(word)) ? null : { kind: 'same' };
}

/** Folders of the output, from those of the picture, as every file system takes them. `folder`: as of `QueueItem`. */
export const outputFolders = (folder: string): string[] =>
  folder
    .split('/')
    .filter((part) => !['', '.', '..'].includes(part))
    .map((part) => fitName(plainStem(part), ''));

/** Where a picture's file will lie, to show: "Holiday/2024/beach ×4.jpg". @param folder '' where folders are not kept. */
export const outputExample = (pattern: string, facts: NameFacts, folder: string): string =>
  [...outputFolders(folder), outputName(pattern, facts)].join('/');
