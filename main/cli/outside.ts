/** What a shell meets of the command line: the commands' names, and how they end. Apart, because open.ts reads little else of it. */

export const commands: readonly string[] = ['run', 'doctor', 'help'];

/** Exit codes (docs/commands.md). */
export const exits = { done: 0, someFailed: 1, wrongWords: 2, nothingToRunOn: 4, stopped: 130 } as const;
export type Exit = (typeof exits)[keyof typeof exits];

/** One line: names of files may hold others, and what a terminal obeys. */
export const plain = (text: string): string => text.replace(/\p{Cc}/gu, '?');
