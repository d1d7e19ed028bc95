import { expect, test } from 'vitest';
import { initialState, type PrepareRow } from '../../app/states';
import { models, workScenes } from '../dev/scenes';
import { takesOf } from './takes';

const app = workScenes.pictureSeveral ?? initialState;
const toolOf = (id: string) => {
  const tool = models.find((model) => model.id === id);
  if (!tool) throw new Error(`No tool ${id}`);
  return tool;
};
const photo = toolOf('photo-x4');
// 300 × 200 in tiles of 256 that overlap by 16: two, each of which gives 896 × 896 pixels.
const pixels = 2 * 896 * 896;

test('says of each device what its tiles take', () => {
  expect(takesOf(app, models, photo)).toEqual({
    gpu: (pixels * 1000) / 6e7,
    webgpu: (pixels * 1000) / 4e6,
    // In smaller tiles, as jobs there were timed.
    cpu: 6 * 9000,
    fastest: (pixels * 1000) / 6e7,
  });
});

test('knows the processor by how much faster WebGPU was, until a job has run there', () => {
  const { webgpu = 0, cpu } = takesOf({ ...app, tileMs: {} }, models, photo);
  expect(cpu).toBe(webgpu * 28);
});

test('says nothing of an engine that was not timed on this card, which is the fastest all the same', () => {
  const { setup } = app;
  if (setup.kind !== 'ready' || setup.device.kind !== 'gpu') throw new Error('Expected a GPU');
  const rows = setup.device.rows.map(({ model, onnxBytes }): PrepareRow => ({ model, onnxBytes, phase: 'cached' }));
  const untimed = { ...app, setup: { ...setup, device: { ...setup.device, rows } } };
  const takes = takesOf(untimed, models, photo);
  expect(takes).toHaveProperty('cpu');
  expect(takes).not.toHaveProperty('gpu');
  expect(takes).not.toHaveProperty('fastest');
});

test('says of a tool that looks at the picture as a whole what a run takes', () => {
  const webgpu = [{ model: 'cut-out', kind: 'serves', times: 5, perSecond: 80 }] as const;
  expect(takesOf({ ...app, webgpu: [...webgpu] }, models, toolOf('cut-out'))).toMatchObject({
    webgpu: 12.5,
    cpu: 62.5,
  });
});

test.each([
  ['without a picture', 'photo-x4', { picture: null }],
  ['of a tool whose parts run as often as the picture has lines', 'read-text', {}],
])('says nothing %s', (_, tool, change) => {
  expect(takesOf({ ...app, ...change }, models, toolOf(tool))).toEqual({});
});
