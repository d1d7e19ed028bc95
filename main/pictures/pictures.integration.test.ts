import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { BrowserWindow } from 'electron';
import { PNG } from 'pngjs';
import { beforeEach, expect, test, vi } from 'vitest';
import { AppError, ReportedError, toReport } from '../../app/errors';
import type { PictureMetadata } from '../../app/metadata';
import { noMetadata } from '../../app/metadata.fixture';
import type { Result } from '../../app/states';
import { type EncodeTask, encode } from '../../host/pixels/encode';
import { createSaves } from '../../storage/saveFile';
import { temporaryFolder } from '../example.fixture';
import type { Host } from '../hosts/host';
import { paths } from '../paths';
import { createStore } from '../store';
import { closePictures, fileOf, pixels } from './picture.fixture';
import { createPictures } from './pictures';
import { createShown } from './shown';

const chosen = vi.hoisted(() => ({ filePath: '', meanwhile: () => {} }));
vi.mock('electron', () => ({
  app: { getPath: () => '' },
  dialog: {
    showSaveDialog: async () => {
      chosen.meanwhile();
      return chosen;
    },
  },
  shell: {},
}));

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder();
});
closePictures();

const result: Result = {
  id: 7,
  model: 'photo',
  width: 4,
  height: 3,
  kind: 'finished',
  pixels: true,
  transparent: false,
  note: null,
};
const rgb = Uint8Array.from({ length: 4 * 3 * 3 }, (_, i) => i * 7);

/** A result of 4 × 3, and a host that writes it for real. */
async function opened(changes: Partial<Result> = {}) {
  const store = createStore();
  const places = { memory: null, disk: { folder: await temporaryFolder(), freeBytes: async () => 1e9 } };
  const encoded: EncodeTask[] = [];
  const host = {
    call: async (_: string, { task }: { task: EncodeTask }) => {
      encoded.push(task);
      const { signal } = new AbortController();
      return encode(task, pixels, () => {}, signal);
    },
    tell: () => undefined,
  };
  const shown = createShown(store, host as unknown as Host, places, async () => {});
  const metadata: PictureMetadata = { ...noMetadata, iptc: Uint8Array.of(1), icc: Uint8Array.of(2) };
  const facts = { name: 'cat.png', width: 4, height: 3, alpha: false, displayP3: false, notes: [], metadata };
  const { id } = await shown.create(facts);
  shown.ready({ id, transparent: false });
  shown.show({ ...result, ...changes }, { picture: await fileOf(4, 3, rgb) });
  const saves = createSaves('/nowhere/saves', 0o022);
  const pictures = createPictures(
    {} as BrowserWindow,
    (ask) => ask(),
    [],
    paths('/nowhere', true),
    (told) => told,
    saves,
    store,
    shown,
    host as unknown as Host,
  );
  return { pictures, shown, host, encoded, saves, store };
}

const asked = {
  suggestedName: 'a',
  format: 'png',
  quality: 90,
  width: 4,
  height: 3,
  keepMetadata: false,
  keepPlace: false,
} as const;
const save = async () => (await opened()).pictures.save(asked).catch(toReport);

test('tells the window a saved picture’s name and its folder’s name', async () => {
  chosen.filePath = path.join(folder, 'mine.png');
  expect(await save()).toEqual({ kind: 'saved', name: 'mine.png', folder: path.basename(folder) });
  const { data } = PNG.sync.read(await readFile(chosen.filePath));
  expect([...data].filter((_, i) => i % 4 !== 3)).toEqual([...rgb]);
});

test('counts a result as kept once it is saved, and not where the person saved none', async () => {
  const { pictures, store } = await opened();
  chosen.filePath = '';
  await pictures.save(asked);
  expect(store.get().result?.kept).toBeUndefined();
  chosen.filePath = path.join(folder, 'mine.png');
  await pictures.save(asked);
  expect(store.get().result?.kept).toBe(true);
});

test('does not count a result as kept that was edited while it was saved', async () => {
  const { pictures, shown, store, host } = await opened();
  chosen.filePath = path.join(folder, 'mine.png');
  const encode = host.call;
  host.call = async (...call) => {
    shown.tell(result.id, { pixels: true });
    return encode(...call);
  };
  await pictures.save(asked);
  expect(store.get().result?.kept).toBeUndefined();
});

test('counts a text as kept once it is copied or saved', async () => {
  const region = { text: 'cat', corners: [], certainty: 1 } as unknown as NonNullable<Result['regions']>[number];
  for (const take of ['copy', 'save']) {
    const { pictures, store } = await opened({ regions: [region] });
    chosen.filePath = path.join(folder, 'mine.txt');
    if (take === 'copy') pictures.copied();
    else await pictures.saveText({ suggestedName: 'a', format: 'txt', text: 'cat' });
    expect(store.get().result?.kept).toBe(true);
  }
});

test('tells the window which picture could not be saved and why, without the path', async () => {
  await writeFile(path.join(folder, 'file'), '');
  for (const file of ['none/mine.png', 'file/mine.png']) {
    chosen.filePath = path.join(folder, file);
    const said = await save();
    expect(said).toMatchObject({
      code: 'SAVE_FAILED',
      detail: expect.stringMatching(/^E[A-Z]+ \w+ mine\.png/),
    });
    expect(JSON.stringify(said)).not.toContain(folder);
  }
  // Nothing of the save is left either.
  expect(await readdir(folder)).toEqual(['file']);
});

test('asks for another name where a folder has it', async () => {
  await mkdir(path.join(folder, 'folder.png'));
  chosen.filePath = path.join(folder, 'folder.png');
  const said = await save();
  expect(said).toMatchObject({ code: 'NAME_REFUSED', params: { name: 'folder.png', fault: 'taken' } });
  expect(JSON.stringify(said)).not.toContain(folder);
  expect(await readdir(folder)).toEqual(['folder.png']);
});

test('says that a name is too long, not that another folder would help', async () => {
  chosen.filePath = path.join(folder, `${'n'.repeat(256)}.png`);
  expect(await save()).toMatchObject({ code: 'NAME_TOO_LONG', params: {} });
  expect(await readdir(folder)).toEqual([]);
});

test('says that a name is too long before the picture is written, which may take minutes', async () => {
  chosen.filePath = path.join(folder, `${'n'.repeat(256)}.png`);
  const { pictures, encoded } = await opened();
  await expect(pictures.save(asked)).rejects.toMatchObject({ code: 'NAME_TOO_LONG' });
  expect(encoded).toEqual([]);
});

test.each(['EINVAL', 'EILSEQ'])('asks for another name where the disk refuses it with %s', async (code) => {
  chosen.filePath = path.join(folder, 'mine.png');
  const { pictures, saves } = await opened();
  saves.begin = async () => {
    throw Object.assign(new Error(code), { code, syscall: 'rename', path: chosen.filePath });
  };
  expect(await pictures.save(asked).catch(toReport)).toMatchObject({
    code: 'NAME_REFUSED',
    params: { fault: 'character' },
    detail: `${code} rename mine.png`,
  });
});

test('refuses on Windows a name that the system keeps for a device', async () => {
  chosen.filePath = path.join(folder, 'aux.png');
  vi.stubGlobal('process', Object.create(process, { platform: { value: 'win32' } }));
  try {
    expect(await save()).toMatchObject({ code: 'NAME_REFUSED', params: { fault: 'device' } });
  } finally {
    vi.unstubAllGlobals();
  }
  expect(await readdir(folder)).toEqual([]);
});

test.each(['growing', 'partial'] as const)('saves nothing of a result that is %s', async (kind) => {
  const { pictures, encoded } = await opened({ kind });
  await expect(pictures.save(asked)).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
  expect(encoded).toEqual([]);
});

test('refuses a size that the format cannot hold before it asks where to', async () => {
  const { pictures } = await opened();
  const saving = pictures.save({ ...asked, format: 'webp', width: 20_000 });
  await expect(saving).rejects.toMatchObject({ report: { code: 'FORMAT_TOO_SMALL' } });
});

test.each([
  [true, Uint8Array.of(1)],
  [false, undefined],
])('keeps what the file said of itself: %s; its colours always', async (keepMetadata, iptc) => {
  chosen.filePath = path.join(folder, 'mine.png');
  const { pictures, encoded } = await opened();
  await pictures.save({ ...asked, keepMetadata });
  expect(encoded[0]?.metadata?.iptc).toEqual(iptc);
  expect(encoded[0]?.metadata?.icc).toEqual(Uint8Array.of(2));
});

test('saves no other picture than the one that the person was asked about', async () => {
  chosen.filePath = path.join(folder, 'mine.png');
  const { pictures, shown, encoded } = await opened();
  chosen.meanwhile = () => shown.drop();
  try {
    await expect(pictures.save(asked)).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
  } finally {
    chosen.meanwhile = () => {};
  }
  expect([encoded, await readdir(folder)]).toEqual([[], []]);
});

test('names on a full disk the picture that could not be saved, not its temporary file', async () => {
  chosen.filePath = path.join(folder, 'mine.png');
  const { pictures, host } = await opened();
  host.call = async (_, { task }) => {
    throw new ReportedError(new AppError('DISK_FULL', { file: path.basename(task.file) }, 'ENOSPC').toReport());
  };
  const said = await pictures.save(asked).catch(toReport);
  expect(said).toMatchObject({ code: 'DISK_FULL', params: { file: 'mine.png' }, detail: 'ENOSPC' });
});
