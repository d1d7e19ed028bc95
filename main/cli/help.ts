/** `refit help`: said at once, before Chromium starts, so that it needs no display, no graphics card and no data of the user's. */
import { readdirSync, writeSync } from 'node:fs';
import path from 'node:path';
import { readTextSync } from '../../storage/readBounded';
import { help } from '../../words/commandLine';
import { commands, plain } from './outside';

/** Whether a command's words ask for help, whatever else they say. After `--` all are names. */
export function asksForHelp(words: readonly string[]): boolean {
  const [first = ''] = words;
  const end = words.indexOf('--');
  const own = end < 0 ? words : words.slice(0, end);
  const isAsked = own.some((word) => word === '--help' || word === '-h');
  return first === 'help' || (isAsked && (commands.includes(first) || first.startsWith('-')));
}

/** Never throws: tools whose cards cannot be read are left out. @param modelsDir with a folder a tool. */
export const helpWith = (modelsDir: string): string => help(toolsIn(modelsDir));

/** Writes at once: the process ends before anything that is waited for comes. Never throws. @param to a descriptor: stdout's or stderr's. */
export function say(text: string, to = 1): void {
  const bytes = Buffer.from(text);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(to, bytes, at);
  } catch {
    // Whoever was to read it has gone, as `head` does.
  }
}

interface Tool {
  id: string;
  summary: string;
  order: number;
}

const maxCardBytes = 1 << 20;

function toolsIn(modelsDir: string): Tool[] {
  return namesIn(modelsDir)
    .flatMap((folder): Tool[] => {
      try {
        const card = readTextSync(path.join(modelsDir, folder, 'model.json'), maxCardBytes);
        const { id, summary, order, partOf }: Record<string, unknown> = JSON.parse(card);
        if (id !== folder || typeof summary !== 'string' || typeof order !== 'number' || partOf !== undefined)
          return [];
        return [{ id: folder, summary: plain(summary), order }];
      } catch {
        return [];
      }
    })
    .sort((a, b) => a.order - b.order || a.id.localeCompare(b.id));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
