import { describe, expect, it } from 'vitest';
import { AppError } from '../../app/errors';
import { endWords } from './endWords';

const counts = (saved: number, failed = 0, skipped = 0) => ({
  total: saved + failed + skipped,
  open: 0,
  saved,
  failed,
  skipped,
});

describe('how a queue ended', () => {
  it('says where the pictures are, if all were saved', () => {
    expect(endWords(counts(40), [], 'Enlarged')).toBe('40 pictures saved to Enlarged.');
    expect(endWords(counts(40), [], null)).toBe('40 pictures saved beside the originals.');
    expect(endWords(counts(1), [], null)).toBe('1 picture saved beside the original.');
  });

  it('counts what was not saved, and says whether the files were to blame', () => {
    const unreadable = new AppError('PICTURE_UNREADABLE', { name: 'a.png' }).toReport();
    const full = new AppError('SAVE_FAILED', { file: 'a.png' }).toReport();
    expect(endWords(counts(38, 1), [unreadable], null)).toBe('38 saved, 1 could not be read.');
    expect(endWords(counts(37, 2, 1), [unreadable, full], null)).toBe('37 saved, 2 could not be done, 1 skipped.');
  });
});
