import path from 'node:path';
import { expect, test, vi } from 'vitest';
import type { ErrorCode } from '../../app/errorCodes';
import type { Device, GpuFacts } from '../../app/states';
import { temporaryFolder } from '../example.fixture';
import { createStore } from '../store';
import { hasArrived, rememberArrival } from './arrival';

const cpu = (code: ErrorCode): Device => ({ kind: 'cpu', reason: { code, params: {}, detail: '' } as never });
const gpu: Device = { kind: 'gpu', facts: {} as GpuFacts, rows: [] };

async function arriving(device: Device): Promise<string> {
  const file = path.join(await temporaryFolder(), 'arrived');
  const store = createStore();
  rememberArrival(store, file, () => {});
  store.emit({ kind: 'ready', device });
  return file;
}

test.each<[string, Device]>([
  ['works on a graphics card', gpu],
  ['has none', cpu('GPU_NONE')],
])('who %s has arrived', async (_, device) => {
  const file = await arriving(device);
  await vi.waitUntil(() => hasArrived(file));
});

test.each<ErrorCode>(['GPU_LOOKING', 'GPU_PREPARING', 'SKIPPED_BY_USER'])('%s is no arrival', async (code) => {
  const file = await arriving(cpu(code));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(await hasArrived(file)).toBe(false);
});

test('a disk that refuses is told, and stops nothing', async () => {
  const lines: string[] = [];
  const store = createStore();
  rememberArrival(store, path.join(await temporaryFolder(), 'no', 'folder'), (line) => lines.push(line));
  store.emit({ kind: 'ready', device: gpu });
  await vi.waitUntil(() => lines.length === 1);
  expect(lines[0]).toContain('ENOENT');
});
