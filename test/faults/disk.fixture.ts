/** Watches, and may stop, every call that this process makes to the file system through node:fs/promises. */
import { promises as fs } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

/** What a call changes, in the order in which it was made. */
export type Change =
  | { kind: 'mkdir' | 'create' | 'rm'; path: string }
  | { kind: 'write'; path: string; bytes: Uint8Array }
  | { kind: 'rename'; path: string; to: string }
  /** Of a file or a folder: its earlier changes are on the disk from here on. */
  | { kind: 'sync'; path: string }
  | { kind: 'none' };

/**
 * @param before called before each call, which fails with what it throws; `half` does half of a write.
 * @returns a function that ends the watch.
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
      // The file is closed even where `before` throws.
      const failure = await before({ kind: 'none' }, async () => {}).catch((error: unknown) => ({ error }));
      await close.call(handle);
      if (failure) throw failure.error;
    },
  });
}
