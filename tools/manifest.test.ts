import { generateKeyPairSync } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { integrityGuard } from '../host/integrityGuard';
import type { HostCall } from '../host/protocol';
import { temporaryFolder } from '../main/example.fixture';
import { Installed, manifestName, pieceBytes, type Seal } from '../storage/manifest';
import { packagedKey, trustedKey } from '../storage/signature';
import { makeBuildPackager, writeManifest } from './manifest';

const addon = 'native/refit-tensorrt-rtx-1.6.1.node';
const library = 'native/lib/1.6.1/libtensorrt_rtx.so.1';
const pixels = 'native/pixels.node';
const onnxRuntime = 'app.asar.unpacked/node_modules/onnxruntime-node/bin/onnxruntime.node';
const libvips = 'app.asar.unpacked/node_modules/@img/sharp-libvips/lib/libvips.so';
const model = 'models/photo/model.onnx';

/** Lays out an installed app's files, with the seal of their packager. */
async function installation(): Promise<Seal> {
  const root = await temporaryFolder();
  const packager = await makeBuildPackager(path.join(await temporaryFolder(), 'key.pem'));
  for (const file of [
    addon,
    library,
    pixels,
    onnxRuntime,
    libvips,
    model,
    'engines/photo/a.engine.br',
    'engines/faces/a.engine.br',
    'app.asar',
  ]) {
    await mkdir(path.dirname(path.join(root, file)), { recursive: true });
    await writeFile(path.join(root, file), `what ${file} holds`);
  }
  await writeManifest(root, packager);
  return { root, key: packager.buildKey ?? '' };
}

const altered = (file: string) => ({ code: 'INSTALL_ALTERED', params: expect.objectContaining({ file }) });

describe('an installed app', () => {
  it('passes where every file is the one that was packaged', async () => {
    await expect(new Installed(await installation()).check('native/')).resolves.toBeUndefined();
  });

  it('names the file that was changed', async () => {
    const seal = await installation();
    await writeFile(path.join(seal.root, addon), 'something else');
    await expect(new Installed(seal).check('native/')).rejects.toMatchObject(altered(addon));
  });

  it('names the file that is gone', async () => {
    const seal = await installation();
    await rm(path.join(seal.root, addon));
    await expect(new Installed(seal).check('native/')).rejects.toMatchObject(altered(addon));
  });

  it('refuses a part that the manifest does not know', async () => {
    await expect(new Installed(await installation()).check('plugins/')).rejects.toMatchObject(altered('plugins/'));
  });

  it('refuses everything where the manifest was changed after it was signed', async () => {
    const seal = await installation();
    const file = path.join(seal.root, manifestName);
    await writeFile(file, `${await readFile(file, 'utf8')} `);
    await expect(new Installed(seal).check('native/')).rejects.toMatchObject(altered(manifestName));
  });

  it('refuses everything where somebody else signed the manifest', async () => {
    const seal = await installation();
    await writeManifest(seal.root, await makeBuildPackager(path.join(await temporaryFolder(), 'key.pem')));
    await expect(new Installed(seal).check('native/')).rejects.toMatchObject(altered(manifestName));
  });

  it('refuses everything where the manifest has no signature', async () => {
    const seal = await installation();
    await rm(path.join(seal.root, `${manifestName}.sig`));
    await expect(new Installed(seal).check('native/')).rejects.toMatchObject(altered(manifestName));
  });
});

describe('a file of several pieces', () => {
  const large = 'native/lib/1.6.1/large.so';
  const bytes = Buffer.alloc(2 * pieceBytes + 5, 'refit');
  const withLarge = async (): Promise<Seal> => {
    const seal = await installation();
    const packager = await makeBuildPackager(path.join(await temporaryFolder(), 'key.pem'));
    await writeFile(path.join(seal.root, large), bytes);
    await writeManifest(seal.root, packager);
    return { ...seal, key: packager.buildKey ?? '' };
  };

  it('passes where it is the one that was packaged', async () => {
    await expect(new Installed(await withLarge()).check('native/')).resolves.toBeUndefined();
  });

  it.each([
    ['in its first piece', (file: Buffer) => file.fill(8, 0, 1)],
    ['in its last byte', (file: Buffer) => file.fill(8, file.byteLength - 1)],
    ['by a byte less', (file: Buffer) => file.subarray(0, -1)],
    ['by a byte more', (file: Buffer) => Buffer.concat([file, Buffer.alloc(1)])],
    [
      'by its pieces in another order',
      (file: Buffer) => Buffer.concat([file.subarray(pieceBytes), file.subarray(0, pieceBytes)]),
    ],
  ])('is refused where it was changed %s', async (_, change) => {
    const seal = await withLarge();
    await writeFile(path.join(seal.root, large), change(Buffer.from(bytes)));
    await expect(new Installed(seal).check('native/')).rejects.toMatchObject(altered(large));
  });
});

describe('the host', () => {
  const ask = (seal: Seal, call: HostCall) => integrityGuard(seal).before({ call, args: { model: 'photo' } as never });

  const needs: [HostCall, string][] = [
    ['detect', addon],
    ['warm', addon],
    ['warm', library],
    ['refit', addon],
    ['refit', library],
    ['check', addon],
    ['check', library],
    ['openGpu', addon],
    ['openGpu', library],
    ['update', addon],
    ['update', library],
    ['compare', addon],
    ['compare', library],
    ['infer', pixels],
    ['view', pixels],
    ['cut', pixels],
    ['apply', pixels],
    ['encode', pixels],
    ['receive', pixels],
    ['finish', pixels],
    ['carry', pixels],
    ['fullAlpha', pixels],
    ['inferPicture', pixels],
    ['inferSheet', pixels],
    ['encodeAhead', pixels],
    ['forget', pixels],
    ['encode', libvips],
    ['openCpu', onnxRuntime],
    ['openCpu', model],
    ['openWebgpu', onnxRuntime],
    ['openWebgpu', model],
    ['verify', model],
    ['verify', 'engines/photo/a.engine.br'],
  ];
  it.each(needs)('does not answer %s where %s is altered', async (call, file) => {
    const seal = await installation();
    await writeFile(path.join(seal.root, file), 'something else');
    await expect(ask(seal, call)).rejects.toMatchObject(altered(file));
  });

  it.each<HostCall>(['infer', 'view', 'cut', 'apply', 'encode'])(
    'answers %s where only the addon of the engine library is altered',
    async (call) => {
      const seal = await installation();
      await writeFile(path.join(seal.root, addon), 'something else');
      await expect(integrityGuard(seal).before({ call, args: {} as never })).resolves.toBeDefined();
    },
  );

  it.each<[HostCall, string]>([
    ['encode', onnxRuntime],
    ['openCpu', libvips],
  ])('answers %s where only %s is altered, which it does not load', async (call, file) => {
    const seal = await installation();
    await writeFile(path.join(seal.root, file), 'something else');
    await expect(ask(seal, call)).resolves.toBeDefined();
  });

  it('asks for the driver where only the engine library is altered, and refuses that before it is loaded', async () => {
    const seal = await installation();
    await writeFile(path.join(seal.root, library), 'something else');
    const guard = integrityGuard(seal);
    await expect(guard.before({ call: 'detect', args: null })).resolves.toBeDefined();
    await expect(guard.libraries()).rejects.toMatchObject(altered(library));
  });

  it('opens a model on the processor where only the addon is altered', async () => {
    const seal = await installation();
    await writeFile(path.join(seal.root, addon), 'something else');
    await expect(ask(seal, 'openCpu')).resolves.toBeDefined();
  });

  it.each(['inferPart', 'cancel', 'cancelEncode'] as const)('begins %s at once', async (call) => {
    expect(integrityGuard(await installation()).before({ call, args: {} as never })).toBeUndefined();
  });

  it('checks nothing in a development tree', () => {
    expect(integrityGuard(undefined).before({ call: 'detect', args: {} as never })).toBeUndefined();
  });
});

describe('a packaged app', () => {
  const packaged = async (manifest: object): Promise<string> => {
    const folder = await temporaryFolder();
    await writeFile(path.join(folder, 'package.json'), JSON.stringify(manifest));
    return packagedKey(folder);
  };

  it('trusts the release key unless its packager wrote another one', async () => {
    expect(await packaged({ name: 'refit' })).toBe(trustedKey);
  });

  it('trusts the key of its own build alone', async () => {
    const key = generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
    expect(await packaged({ name: 'refit', buildKey: key })).toBe(key);
  });
});
