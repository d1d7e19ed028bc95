import { describe, expect, it } from 'vitest';
import { assertReleasable, type Electron, isOfficialWorthTrying } from './electron';

const electron = (official: boolean): Electron => ({
  dir: '/electron',
  executable: '/electron/electron',
  version: '25.1.1',
  official,
});

describe('a release', () => {
  it('refuses an Electron that the Electron project did not publish', () => {
    expect(() => assertReleasable(electron(false))).toThrow(/A release needs the official Electron/);
  });

  it('takes the official Electron', () => {
    expect(() => assertReleasable(electron(true))).not.toThrow();
  });
});

describe('the official download', () => {
  const failure = { at: '2026-01-01T12:00:00.000Z', reason: 'fetch failed' };

  it('is tried where it never failed', () => {
    expect(isOfficialWorthTrying(undefined, Date.parse('2026-01-01T12:00:01Z'))).toBe(true);
  });

  it('is not tried again within a day of its failure', () => {
    expect(isOfficialWorthTrying(failure, Date.parse('2026-01-02T11:59:00Z'))).toBe(false);
  });

  it('is tried again after a day', () => {
    expect(isOfficialWorthTrying(failure, Date.parse('2026-01-02T12:01:00Z'))).toBe(true);
  });
});
