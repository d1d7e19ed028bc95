import { expect, test } from 'vitest';
import { createStore } from './store';

test('tells every listener of events in their order, also of one that a listener causes', () => {
  const store = createStore();
  const heard: number[] = [];
  store.subscribe(({ event }) => {
    if (event.kind === 'tileMs') store.emit({ kind: 'webgpuAnew' });
  });
  store.subscribe(({ sequence }) => heard.push(sequence));
  store.emit({ kind: 'tileMs', model: 'photo', tileMs: 1 });
  store.emit({ kind: 'tileMs', model: 'photo', tileMs: 2 });
  expect(heard).toEqual([1, 2, 3, 4]);
});
