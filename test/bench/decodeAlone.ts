/** The app's own decoder, in the app's window and with nothing behind it: what a queue of these pictures cannot beat. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { App } from './app';

/** What it says that matters here: each other word asks to be told to go on. */
type Said = { kind: 'facts' | 'band' | 'end' } | { kind: 'failed'; error: { code: string } };

const assets = path.resolve(import.meta.dirname, '..', '..', 'dist', 'renderer', 'assets');

/**
 * Decodes files, each decoder one after the other, and drops their rows.
 * @param app nothing else is at work in it. @param atOnce decoders. @returns seconds.
 * @throws Error where a file is no picture.
 */
export async function decodeAlone({ window: page }: App, files: string[], atOnce: number): Promise<number> {
  const script = (await readdir(assets)).find((name) => /^decode\.worker-.*\.js$/.test(name));
  if (!script) throw new Error(`Expected a decoder in ${assets}`);
  const input = await page.evaluateHandle(() =>
    Object.assign(document.createElement('input'), { type: 'file', multiple: true }),
  );
  try {
    await input.setInputFiles(files);
    return await page.evaluate(decodeInWindow, { input, url: `/assets/${script}`, atOnce });
  } finally {
    await input.dispose();
  }
}

/** Runs in the window. */
async function decodeInWindow({
  input,
  url,
  atOnce,
}: {
  input: HTMLInputElement;
  url: string;
  atOnce: number;
}): Promise<number> {
  const left = [...(input.files ?? [])];
  const decodeSome = async (): Promise<void> => {
    const decoder = new Worker(url, { type: 'module' });
    try {
      for (let file = left.pop(); file; file = left.pop()) {
        const { name, size } = file;
        const ended = new Promise<void>((resolve, reject) => {
          decoder.onmessage = ({ data }: MessageEvent<Said>) => {
            if (data.kind === 'failed') reject(new Error(`${name}: ${data.error.code}`));
            else if (data.kind === 'end') resolve();
            else decoder.postMessage({ kind: 'next' });
          };
          decoder.onerror = ({ message }) => reject(new Error(`${name}: ${message}`));
        });
        decoder.postMessage({ kind: 'open', file, fileName: name, size });
        await ended;
      }
    } finally {
      decoder.terminate();
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: atOnce }, decodeSome));
  return (performance.now() - startedAt) / 1000;
}
