import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { temporaryFolder } from '../main/example.fixture';
import { assertReleasable, type Electron, isOfficialWorthTrying, releaseElectron } from './electron';

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

describe("a release's archive", () => {
  const closing: (() => void)[] = [];
  afterEach(() => {
    for (const close of closing.splice(0)) close();
    vi.unstubAllEnvs();
  });

  /** An npm package whose unpacked Electron is forged, and a mirror that answers with `served`. */
  async function provide(served: string): Promise<Electron> {
    const folder = await temporaryFolder();
    await mkdir(path.join(folder, 'dist'));
    await writeFile(path.join(folder, 'dist', 'version'), '45.4.1');
    await writeFile(path.join(folder, 'dist', 'electron'), 'forged');
    await writeFile(path.join(folder, 'path.txt'), 'electron');
    await writeFile(path.join(folder, 'package.json'), '{"version":"45.4.1"}');
    const name = `electron-v45.4.1-${process.platform}-${process.arch}.zip`;
    const sha256 = createHash('sha256').update('the official archive').digest('hex');
    await writeFile(path.join(folder, 'checksums.json'), JSON.stringify({ [name]: sha256 }));
    const server = createServer((_, response) => response.end(served));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => server.close());
    vi.stubEnv('ELECTRON_MIRROR', `http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    return releaseElectron(() => {}, folder, path.join(folder, 'cache'));
  }

  it('is the one that the checksums name, whatever lies unpacked in the package', async () => {
    const { dir, official } = await provide('the official archive');
    expect(await readFile(dir, 'utf8')).toBe('the official archive');
    expect(official).toBe(true);
  });

  it('is refused where its bytes are not those that the checksums name', async () => {
    await expect(provide('a forged archive')).rejects.toThrow(/A release needs the official Electron/);
  });
});
