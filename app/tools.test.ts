import { expect, test } from 'vitest';
import { isNetworkOf, networksOf, toolOf, toolsOf } from './tools';

const lines = { id: 'lines', partOf: 'read' };
const [photo, read] = [{ id: 'photo' }, { id: 'read' }];
const networks = [lines, photo, read];

test('lists the networks that are no part of another as tools', () => {
  expect(toolsOf(networks)).toEqual([photo, read]);
});

test('finds a tool by its id, and no part', () => {
  expect(toolOf(networks, 'read')).toBe(read);
  expect(() => toolOf(networks, 'lines')).toThrow(expect.objectContaining({ code: 'MODEL_MISSING' }));
});

test('names a tool’s own network before those of its parts', () => {
  expect(networksOf(networks, 'read')).toEqual(['read', 'lines']);
  expect(networksOf(networks, 'photo')).toEqual(['photo']);
});

test('knows whether a network belongs to a tool', () => {
  expect(networks.map((each) => isNetworkOf(each, 'read'))).toEqual([true, false, true]);
});
