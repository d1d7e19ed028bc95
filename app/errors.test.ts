import { describe, expect, it, test } from 'vitest';
import type { ErrorParams } from './errorCodes';
import { AppError, isSameError, toReport } from './errors';

describe('AppError', () => {
  const error = new AppError('ENGINE_HASH_MISMATCH', { file: 'ada.engine.br' }, 'expected 12 but received 34');

  it('is an Error whose text is its code and values, for a log', () => {
    expect(error).toBeInstanceOf(Error);
    expect(String(error)).toBe('AppError: ENGINE_HASH_MISMATCH {"file":"ada.engine.br"}');
  });

  it('reports code, values and detail, and no words', () => {
    expect(error.toReport()).toEqual({
      code: 'ENGINE_HASH_MISMATCH',
      params: { file: 'ada.engine.br' },
      detail: 'expected 12 but received 34',
    });
  });

  it('has an empty detail unless one is given', () => {
    expect(new AppError('BUSY', {}).detail).toBe('');
  });

  it('makes a report that crosses a process boundary unchanged', () => {
    expect(structuredClone(error.toReport())).toEqual(error.toReport());
  });
});

describe('toReport', () => {
  it('keeps an AppError as it is', () => {
    const error = new AppError('PICTURE_EMPTY', { name: 'cat.png' }, 'read 0 bytes');
    expect(toReport(error)).toEqual(error.toReport());
  });

  it('makes any other Error INTERNAL, with its text in the detail', () => {
    const report = toReport(new TypeError('x is not a function'));
    expect(report).toMatchObject({ code: 'INTERNAL', params: {} });
    expect(report.detail).toContain('TypeError: x is not a function');
  });

  it('takes the message where an Error has no stack', () => {
    const error = new Error('no trace');
    delete error.stack;
    expect(toReport(error).detail).toBe('no trace');
  });

  it.each([
    ['text', 'text'],
    [7, '7'],
    [null, 'null'],
    [undefined, 'undefined'],
    [Symbol('mark'), 'Symbol(mark)'],
    [Object.create(null), 'a thrown object'],
  ])('takes a thrown %o', (thrown, detail) => {
    expect(toReport(thrown)).toMatchObject({ code: 'INTERNAL', detail });
  });
});

test('tells errors apart by code and values, whatever their order and detail', () => {
  const said = (params: ErrorParams['RUNTIME_MISMATCH'], detail = '') =>
    new AppError('RUNTIME_MISMATCH', params, detail).toReport();
  expect(isSameError(said({ have: 'a', need: 'b' }), said({ need: 'b', have: 'a' }, 'again'))).toBe(true);
  expect(isSameError(said({ have: 'a', need: 'b' }), said({ have: 'a', need: 'c' }))).toBe(false);
  const [lossless, hierarchical] = (['lossless', 'hierarchical'] as const).map((coding) =>
    new AppError('PICTURE_UNREADABLE', { name: 'a.jpg', why: { coding } }).toReport(),
  );
  expect(lossless && hierarchical && isSameError(lossless, hierarchical)).toBe(false);
});
