import { expect, test } from 'vitest';
import { wrongWords } from './commandLine';

test.each([
  [['a'], 'Name a tool: a.'],
  [['a', 'b'], 'Name a tool: a or b.'],
  [['a', 'b', 'c'], 'Name a tool: a, b or c.'],
])('names the tools that there are, one or more: %j', (tools, sentence) => {
  expect(wrongWords.noTool(tools)).toBe(sentence);
});
