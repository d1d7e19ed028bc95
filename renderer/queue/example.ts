/** Names of what is saved, as the panel shows them: the shapes of app/outputName.ts, computed simply. Pure. */
import type { Format, ModelInfo, TextFormat } from '../../app/contract';
import { scaleOf } from '../../app/pictureLimits';

export const defaultPattern = '{name} {tool}';
export const nameWords = ['name', 'tool', 'size', 'number', 'date'] as const;

const endings = { png: 'png', jpeg: 'jpg', webp: 'webp', txt: 'txt', csv: 'csv', json: 'json' } as const;

export interface NameFacts {
  name: string;
  tools: readonly Pick<ModelInfo, 'name' | 'flow'>[];
  format: Format | TextFormat;
  times?: number;
  size?: { width: number; height: number };
  number?: number;
  date?: Date;
}

export type PatternFault = { kind: 'empty' } | { kind: 'unknown'; word: string } | { kind: 'same' };

const braces = /([ _-]*)\{([^{}]*)\}/g;

/** What a person should hear of their pattern. Of `same` alone names can be made as they meant them. */
export function patternFault(pattern: string): PatternFault | null {
  if (!/[^. ]/.test(pattern)) return { kind: 'empty' };
  const words = [...pattern.matchAll(braces)].map(([, , word = '']) => word);
  const unknown = words.find((word) => !(nameWords as readonly string[]).includes(word));
  if (unknown !== undefined) return { kind: 'unknown', word: unknown };
  return words.includes('name') || words.includes('number') ? null : { kind: 'same' };
}

/** Where a picture's file will lie: "Holiday/2024/beach ×4.jpg". @param folder '' where folders are not kept. */
export function outputExample(pattern: string, facts: NameFacts, folder: string): string {
  const words: Record<string, string> = {
    name: facts.name.replace(/\.[^.]{1,5}$/, ''),
    tool: toolWords(facts),
    size: facts.size ? `${facts.size.width}×${facts.size.height}` : '',
    number: facts.number === undefined ? '' : String(facts.number).padStart(3, '0'),
    date: facts.date?.toISOString().slice(0, 10) ?? '',
  };
  const stem = pattern.replace(braces, (text, before: string, word: string) => {
    const said = words[word];
    return said === undefined ? text : said && before + said;
  });
  return [...folder.split('/').filter(Boolean), `${stem}.${endings[facts.format]}`].join('/');
}

function toolWords({ tools, format, times }: NameFacts): string {
  if (format === 'txt' || format === 'csv' || format === 'json') return '';
  const scale = times ?? tools.reduce((product, tool) => product * scaleOf(tool), 1);
  const words = tools.map((tool) => (scaleOf(tool) > 1 ? `×${scale}` : tool.name.toLowerCase()));
  return [...new Set(words)].join(' ');
}
