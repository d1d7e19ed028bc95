/** Packaging a release checks everything that a release needs before it builds. */
import type * as files from 'node:fs/promises';
import { build } from 'electron-builder';
import { beforeEach, expect, it, vi } from 'vitest';
import type * as shippedModule from '../main/setup/shipped';
import type * as electronModule from './electron';
import type * as manifestModule from './manifest';
import { packageApp } from './package';

/** What is wrong in the running test. */
const wrong = vi.hoisted(() => ({ electron: false, catalog: false, licence: false, address: '', key: false }));

vi.mock('electron-builder', () => ({ build: vi.fn(async () => []) }));
vi.mock('./electron', async (original) => ({
  ...(await original<typeof electronModule>()),
  provideElectron: async () => ({ dir: '/none', executable: '/none', version: '1.0.0', official: !wrong.electron }),
}));
vi.mock('../main/setup/shipped', async (original) => ({
  ...(await original<typeof shippedModule>()),
  readShipped: async () => ({
    notices: wrong.catalog ? [{ code: 'CATALOG_UNSIGNED', params: { file: 'catalog.json' }, detail: '' }] : [],
  }),
}));
vi.mock('../factory/models/prepare', () => ({ modelFolders: async () => ['models/mine'], readCard: () => undefined }));
vi.mock('../native/places', () => ({ shippedRuntimes: async () => ['tensorrt-rtx 1.6.1'] }));
vi.mock('../factory/models/licences', () => ({
  unlicensed: async () => (wrong.licence ? ['The licence of mine is unknown.'] : []),
}));
vi.mock('./manifest', async (original) => ({
  ...(await original<typeof manifestModule>()),
  releasePackager: {
    sign: async () => {
      if (wrong.key) throw new Error('A release needs the signing key');
      return '';
    },
  },
}));
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof files>();
  const readFile = async (file: string) =>
    file.endsWith(wrong.address || '?') ? 'https://refit.invalid' : 'no address';
  const nothing = async () => undefined;
  return { ...real, readFile, writeFile: nothing, mkdir: nothing, readdir: async () => [] };
});

beforeEach(() => {
  Object.assign(wrong, { electron: false, catalog: false, licence: false, address: '', key: false });
  vi.mocked(build).mockClear();
});

it('builds a release that has all that it needs', async () => {
  await packageApp(() => {}, { kind: 'release' });
  expect(build).toHaveBeenCalledOnce();
});

it.each([
  ['an Electron that is not the official one', { electron: true }, /official Electron/],
  ['a catalog that is not signed', { catalog: true }, /signed catalog/],
  ['a model without a licence', { licence: true }, /licence of every model/],
  ["a placeholder for the maintainer's address", { address: 'electron-builder.yml' }, /real address/],
  ["a placeholder for the home page's address", { address: 'package.json' }, /real address/],
  ['no signing key', { key: true }, /signing key/],
] as const)('builds no release with %s', async (_, fault, words) => {
  Object.assign(wrong, fault);
  await expect(packageApp(() => {}, { kind: 'release' })).rejects.toThrow(words);
  expect(build).not.toHaveBeenCalled();
});
