import { describe, expect, it, test } from 'vitest';
import { type ErrorCode, type ErrorParams, errorCodes } from '../app/errorCodes';
import { AppError, ReportedError } from '../app/errors';
import { sentenceOf, wordsOf } from './errors';

/** Plain values for every code, so that what is found in a sentence is the sentence's own. */
const examples: ErrorParams = {
  DRIVER_MISSING: {},
  DRIVER_TOO_OLD: { version: '528.49', needed: '570' },
  GPU_NONE: {},
  GPU_TOO_OLD: { gpu: 'NVIDIA GeForce GTX 1080' },
  GPU_TOO_SMALL: { gpu: 'NVIDIA T400', haveBytes: 2 * 2 ** 30, needBytes: 6.5 * 2 ** 30 },
  RUNTIME_MISSING: { library: 'the library' },
  RUNTIME_MISMATCH: { have: 'version 1.7', need: 'version 1.6' },
  RUNTIME_REFUSES_GPU: { gpu: 'NVIDIA H100' },
  ENGINE_NONE: { model: 'Photo ×4', gpu: 'NVIDIA T400' },
  ADDON_BROKEN: {},
  PROCESSOR_BROKEN: { platform: 'linux' },
  WEBGPU_NONE: {},
  WEBGPU_NO_FLOAT16: { model: 'Photo ×4' },
  WEBGPU_WRONG: { model: 'Photo ×4' },
  WEBGPU_SLOW: { model: 'Photo ×4', times: 2.5 },
  SKIPPED_BY_USER: {},
  GPU_PREPARING: {},
  GPU_LOOKING: {},
  GPU_CHOICE_GONE: { gpu: 'NVIDIA GeForce RTX 4070' },
  GPU_SILENT: {},
  CATALOG_UNREADABLE: { file: 'catalog.json' },
  CATALOG_UNSIGNED: { file: 'catalog.json' },
  CATALOG_ALTERED: { file: 'catalog.json' },
  CARD_UNREADABLE: { file: 'model.json' },
  CARD_ALTERED: { file: 'model.json' },
  MODEL_MISSING: { model: 'photo-x8' },
  INSTALL_GONE: {},
  INSTALL_REPLACED: {},
  FILE_MISSING: { file: 'Model.bin' },
  ENGINE_HASH_MISMATCH: { file: 'Ada.engine.br' },
  ONNX_HASH_MISMATCH: { file: 'Model.bin' },
  INSTALL_ALTERED: { file: 'native/library.so', isMissing: false },
  GOLDEN_UNREADABLE: { file: 'golden.json' },
  ONNX_REFUSED: { file: 'Model.bin' },
  PACK_REFUSED: { file: 'March', reason: 'unsigned' },
  REFIT_FAILED: { model: 'Photo ×4' },
  PLAN_WRONG: { model: 'Photo ×4' },
  SESSION_FAILED: { model: 'Photo ×4' },
  RUN_FAILED: { model: 'Photo ×4' },
  OUT_OF_VRAM: { model: 'Photo ×4' },
  OUT_OF_MEMORY: { model: 'Photo ×4' },
  GPU_FAULT: { model: 'Photo ×4' },
  HOST_DIED: { how: 'killed' },
  HOST_GAVE_UP: {},
  CACHE_FULL: { neededBytes: 38_226_244 },
  CACHE_READ_ONLY: { folder: '/home/ada/.cache/refit' },
  CACHE_FAILED: { folder: '/home/ada/.cache/refit' },
  CACHE_NOT_OURS: { folder: '/home/ada/.cache/refit' },
  CACHE_DAMAGED: { model: 'Photo ×4' },
  CACHE_OUTDATED: {},
  NOTHING_KEPT: { folder: '~/.config/Refit', why: 'full' },
  PICTURE_UNREADABLE: { name: 'Cat.txt' },
  PICTURE_EMPTY: { name: 'Cat.png' },
  PICTURE_NOT_OPENED: { name: 'Cat.png' },
  PICTURE_TOO_LARGE: { width: 30_000, height: 30_000, maxPixels: 200_000_000, maxSide: 65_535 },
  PICTURE_NEEDS_ROOM: { neededBytes: 600_000_064, freeBytes: 80_000_000 },
  RESULT_DISK_FULL: {},
  PICTURE_FILE_TOO_LARGE: { name: 'Cat.png', bytes: 2.5e9, maxBytes: 1.1e9 },
  SAVE_FAILED: { file: 'Cat ×4.png' },
  NAME_TOO_LONG: {},
  NAME_REFUSED: { name: 'CON.png', fault: 'device' },
  DISK_FULL: { file: 'Cat ×4.png' },
  OUTPUT_GONE: { folder: '~/Pictures/large' },
  OUTPUT_FORBIDDEN: { folder: '~/Pictures/large' },
  OUTPUT_FULL: { name: 'Cat.png' },
  RECIPES_FULL: { most: 50 },
  FORMAT_TOO_SMALL: { format: 'webp', maxSide: 16383, others: ['png', 'jpeg'] },
  WINDOW_GONE: { tool: 'Photo ×4' },
  WINDOW_FAILING: {},
  WINDOW_SILENT: {},
  BUSY: {},
  BAD_MESSAGE: { channel: 'here' },
  INTERNAL: {},
};
const wordsFor = <C extends ErrorCode>(code: C) => wordsOf({ code, params: examples[code] });

const jargon = [
  /cuda|tensorrt|onnx|nvml|dll|json schema/i,
  /\b(SM|VRAM|JIT|IPC|API|hash|sha|null|undefined|NaN|exception|deserial|serializ|compute capability|plan|channel)/i,
  /\b[A-Z]+_[A-Z_]+\b|\bE[A-Z]{4,}\b|\[object/,
];

describe('every code', () => {
  it.each(errorCodes)('%s says in whole sentences what happened and what to do', (code) => {
    const { message, remedy } = wordsFor(code);
    expect(message).toMatch(/^[A-Z].*[^.\s]\.$/);
    expect(remedy).toMatch(/^[A-Z].*[^.\s]\.$/);
    expect(remedy).not.toBe(message);
  });

  it.each(errorCodes)('%s has no jargon and no code in it', (code) => {
    const { message, remedy } = wordsFor(code);
    for (const word of jargon) expect(`${message} ${remedy}`).not.toMatch(word);
  });

  it.each(errorCodes)('%s is short enough to be read at a glance', (code) => {
    const { message, remedy } = wordsFor(code);
    expect(message.length).toBeLessThanOrEqual(110);
    expect(remedy.length).toBeLessThanOrEqual(140);
  });

  it.each(errorCodes)('%s does not shout or blame', (code) => {
    const { message, remedy } = wordsFor(code);
    expect(`${message} ${remedy}`).not.toMatch(/!|please|sorry|invalid|illegal|fatal|oops/i);
  });

  it('has words of its own', () => {
    const messages = errorCodes.map((code) => wordsFor(code).message);
    expect(new Set(messages).size).toBe(errorCodes.length);
  });

  it('has an example here', () => {
    expect(Object.keys(examples).sort()).toEqual([...errorCodes].sort());
  });
});

it('names what is to be installed where Windows does not load the processor’s part', () => {
  const { remedy } = wordsOf(new AppError('PROCESSOR_BROKEN', { platform: 'win32' }));
  expect(remedy).toContain('Install Microsoft Visual C++ Redistributable (x64) from https://aka.ms/');
  expect(remedy.length).toBeLessThanOrEqual(140);
});

it('promises no time that preparing the GPU takes', () => {
  expect(wordsOf(new AppError('SKIPPED_BY_USER', {})).remedy).not.toMatch(/minute|second/);
});

it('calls what an update brings a model version', () => {
  expect(wordsOf(new AppError('PACK_REFUSED', { file: 'March', reason: 'otherGraph' })).message).toBe(
    'The update March was not installed: it changes the tool itself, not only its model version.',
  );
});

it.each([
  ['arithmetic', 'Cat.jpg is a JPEG of a kind that we cannot read (arithmetic coding).'],
  [{ bits: 12 }, 'Cat.jpg is a JPEG of a kind that we cannot read (12 bits a channel).'],
] as const)('says which kind of JPEG cannot be read: %j', (coding, message) => {
  expect(wordsOf(new AppError('PICTURE_UNREADABLE', { name: 'Cat.jpg', why: { coding } })).message).toBe(message);
});

it('names the formats that could hold a picture, or asks for a smaller one', () => {
  const remedy = (others: ErrorParams['FORMAT_TOO_SMALL']['others']) =>
    wordsOf(new AppError('FORMAT_TOO_SMALL', { format: 'webp', maxSide: 16_383, others })).remedy;
  expect(remedy(['png', 'jpeg'])).toBe('Choose PNG or JPEG, then save again. The picture is still here.');
  expect(remedy([])).toBe('Choose a smaller size, then save again. The picture is still here.');
});

describe('numbers have units and no more than three figures', () => {
  const small = (haveBytes: number, needBytes: number) =>
    wordsOf(new AppError('GPU_TOO_SMALL', { gpu: 'X', haveBytes, needBytes })).message;

  it.each([
    [4_225_695_744, 6e9, 'X has 3.9 GB of memory; this needs 5.6 GB.'],
    [8_585_740_288, 12e9, 'X has 8 GB of memory; this needs 11.2 GB.'],
    [25_757_220_864, 137e9, 'X has 24 GB of memory; this needs 128 GB.'],
  ])('of GPU memory (%d, %d)', (have, need, message) => {
    expect(small(have, need)).toBe(message);
  });

  it.each([
    [1, '1 MB'],
    [38_226_244, '39 MB'],
    [999_999_999, '1 GB'],
    [1_240_000_000, '1.3 GB'],
    [13_482_361_004, '13.5 GB'],
  ])('of room on the disk (%d)', (neededBytes, room) => {
    expect(wordsOf(new AppError('CACHE_FULL', { neededBytes })).remedy).toContain(`free ${room}.`);
  });
});

test.each([
  [new AppError('PICTURE_EMPTY', { name: 'cat.png' }), 'cat.png is empty.'],
  [new ReportedError(new AppError('PICTURE_EMPTY', { name: 'cat.png' }).toReport()), 'cat.png is empty.'],
  [new Error('no such file'), 'no such file'],
  ['thrown', 'thrown'],
])('makes a sentence of %s', (thrown, sentence) => expect(sentenceOf(thrown)).toBe(sentence));
