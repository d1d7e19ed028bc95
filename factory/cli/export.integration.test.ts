/** `refit export` as it is started, on this repository and without a GPU. */
import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { engineFile } from '../../app/engineFile';
import { temporaryFolder } from '../../main/example.fixture';
import { readCatalog } from '../engines/catalogFile';
import { shippedEngine } from '../epcontext/engine';
import { exportEpContext } from '../epcontext/export';
import { ensurePython, python, repository } from '../models/python';
import { exitCode } from './command';
import { where } from './machine';

beforeAll(() => ensurePython(['requirements.txt'], () => undefined), 300_000);

function refit(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [path.join(repository, 'factory', 'cli', 'bin.mjs'), ...args], (error, out, err) => {
      resolve({ code: Number(error?.code ?? 0), out, err });
    });
  });
}

const shows = `
import json, sys
sys.path.insert(0, sys.argv[1])
import context
node = context.node_of(sys.argv[2])
node["ep_cache_context"] = len(node["ep_cache_context"]) if node["embed_mode"] else node["ep_cache_context"].decode()
print(json.dumps({key: value.decode() if isinstance(value, bytes) else value for key, value in node.items()}))
`;
const nodeOf = async (file: string): Promise<unknown> =>
  JSON.parse(await python(['-c', shows, path.join(repository, 'factory', 'epcontext'), file]));

const report = {
  date: '2026-01-01T00:00:00+00:00',
  gpu: 'a GPU',
  driver: '580',
  results: [
    {
      runtime: 'tensorrt-rtx 1.6.1',
      provider: 'AProvider',
      onnxruntime: '1.30.0',
      way: 'beside',
      by: 'refit',
      between: 'nothing',
      source: 'ASource',
      options: { refit_it: '1' },
      loads: [{ right: true }, { right: true }, { right: true }],
    },
  ],
};

describe('refit export --ep-context', () => {
  test('refuses what no GPU was seen to load right, and makes nothing', async () => {
    const folder = await temporaryFolder();
    const out = path.join(folder, 'out');
    const none = path.join(folder, 'none.json');
    const { code, err } = await refit('export', 'fast-x4', '--ep-context', '--out', out, '--report', none);
    expect(code).toBe(exitCode.refused);
    expect(err).toContain('--unproven');
    expect(await readdir(folder)).toEqual([]);
  });

  test('makes it all the same where asked to, and marks it', async () => {
    const folder = await temporaryFolder();
    const out = path.join(folder, 'out');
    const none = path.join(folder, 'none.json');
    const args = ['export', 'fast-x4', '--ep-context', '--unproven', '--out', out, '--report', none];
    expect((await refit(...args)).code).toBe(exitCode.ok);
    expect(JSON.parse(await readFile(path.join(out, 'ep-context.json'), 'utf8'))).toMatchObject({ proof: null });
    expect(await nodeOf(path.join(out, 'fast-x4_tile256_ctx.onnx'))).toMatchObject({
      main_context: 1,
      embed_mode: 1,
      onnx_model_filename: 'fast-x4.onnx',
      ep_sdk_version: '1.6.1',
      hardware_architecture: '80+',
      notes: expect.stringContaining('"proven":false'),
    });
  });

  test('takes the way that was proven, and tells with what', async () => {
    const folder = await temporaryFolder();
    const file = path.join(folder, 'report.json');
    await writeFile(file, JSON.stringify(report));
    const out = path.join(folder, 'out');
    const args = ['export', 'fast-x4', '--ep-context', '--target', 'ada', '--out', out, '--report', file, '--json'];
    const { code, out: text } = await refit(...args);
    expect(code).toBe(exitCode.ok);
    expect(JSON.parse(text)).toMatchObject({
      way: 'beside',
      proof: { provider: 'AProvider', options: { refit_it: '1' } },
    });
    expect(await nodeOf(path.join(out, 'fast-x4_tile256_ctx.onnx'))).toMatchObject({
      embed_mode: 0,
      ep_cache_context: 'fast-x4_tile256.stripped.engine',
      source: 'ASource',
      hardware_architecture: '89',
    });
    expect((await readdir(out)).sort()).toEqual(
      ['ep-context.json', 'fast-x4.onnx', 'fast-x4_tile256.stripped.engine', 'fast-x4_tile256_ctx.onnx'].sort(),
    );
  });

  test('makes nothing for TensorRT 10 without a GPU, whose engines are built on the spot', async () => {
    const folder = await temporaryFolder();
    const out = path.join(folder, 'out');
    const { code } = await refit('export', 'fast-x4', '--ep-context', '--runtime', 'tensorrt-10', '--out', out);
    // Proven, so it is not refused for that.
    expect(code).toBe(exitCode.noGpu);
    expect(await readdir(folder)).toEqual([]);
  });

  test('refuses another ONNX than the one that the engine was built from', async () => {
    const folder = await temporaryFolder();
    const entry = (await readCatalog(where.catalogFile)).engines.find(({ model }) => model === 'fast-x4');
    if (!entry) throw new Error('The catalog has no engine of fast-x4.');
    const card = JSON.parse(await readFile(path.join(repository, 'models', 'fast-x4', 'model.json'), 'utf8'));
    const onnxFile = path.join(folder, 'other.onnx');
    await writeFile(onnxFile, 'other');
    const out = path.join(folder, 'out');
    const engine = await shippedEngine(path.join(repository, 'engines', ...engineFile(entry).split('/')), entry, card);
    const made = exportEpContext({ engine, card, onnxFile, way: 'embedded', proof: undefined, out });
    await expect(made).rejects.toMatchObject({ code: 'ENGINE_HASH_MISMATCH' });
    expect(await readdir(folder)).toEqual(['other.onnx']);
  });
});
