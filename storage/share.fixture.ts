import { existsSync } from 'node:fs';

/**
 * The same place as another computer names it: \\localhost\c$\…, which Windows offers its administrators, and Wine the tests
 * (tools/windows/wine.ts). @param file "C:\…". @returns null where it is not offered.
 */
export function onShare(file: string): string | null {
  const share = `\\\\localhost\\${file[0]?.toLowerCase()}$${file.slice(2)}`;
  return process.platform === 'win32' && existsSync(share) ? share : null;
}

/** What lifts the limit of 260 characters off a path of a share. */
export const unlimited = (share: string): string => `\\\\?\\UNC${share.slice(1)}`;
