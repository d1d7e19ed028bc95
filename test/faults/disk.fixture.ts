/** Sees, and may stop, every call to the file system that this process makes through node:fs/promises. */
import { promises as fs } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

/** What a call changes, in the order in which it was made. */
export type Change =
  | { kind: 'mkdir' | 'create' | 'rm'; path: string }
  | { kind: 'write'; path: string; bytes: Uint8Array }
  | { kind: 'rename'; path: string; to: string }
  /** Of a file or a folder: what was changed in it before is on the disk. */
  | { kind: 'sync'; path: string }
  | { kind: 'none' };

/**
 * @param before called before each; `half` does half of it where there is a half, a write. What it throws, the call throws.
 * @returns a function that ends it.
 */
export function watchDisk(before: (change: Change, half: () => Promise<void>) => Promise<void>): () => void {
  const own = { ...fs };
  const none = async (): Promise<void> => {};
  const patched: Partial<typeof fs> = {
    mkdir: (async (path: string, options) => {
      await before({ kind: 'mkdir', path }, none);
      return own.mkdir(path, options);
    }) as typeof fs.mkdir,
    rename: async (path, to) => {
      await before({ kind: 'rename', path: `${path}`, to: `${to}` }, none);
      return own.rename(path, to);
    },
    rm: async (path, options) => {
      await before({ kind: 'rm', path: `${path}` }, none);
      return own.rm(path, options);
    },
    open: async (path, flags, mode) => {
      await before(`${flags}`.startsWith('w') ? { kind: 'create', path: `${path}` } : { kind: 'none' }, none);
      return watchHandle(await own.open(path, flags, mode), `${path}`, before);
    },
  };
  for (const name of ['stat', 'chmod', 'readdir', 'readFile'] as const)
    Object.assign(patched, {
      [name]: async (...args: unknown[]) => {
        await before({ kind: 'none' }, none);
        return (own[name] as (...args: unknown[]) => unknown)(...args);
      },
    });
  Object.assign(fs, patched);
  syncBuiltinESMExports();
  return () => {
    Object.assign(fs, own);
    syncBuiltinESMExports();
  };
}

function watchHandle(handle: FileHandle, path: string, before: Parameters<typeof watchDisk>[0]): FileHandle {
  const { writeFile, sync, close } = handle;
  return Object.assign(handle, {
    writeFile: async (bytes: Uint8Array) => {
      const half = (): Promise<void> => writeFile.call(handle, bytes.subarray(0, bytes.byteLength >> 1));
      await before({ kind: 'write', path, bytes }, half);
      return writeFile.call(handle, bytes);
    },
    sync: async () => {
      await before({ kind: 'sync', path }, async () => {});
      return sync.call(handle);
    },
    close: async () => {
      // A file is closed even where that fails.
      const failure = await before({ kind: 'none' }, async () => {}).catch((error: unknown) => ({ error }));
      await close.call(handle);
      if (failure) throw failure.error;
    },
  });
}
