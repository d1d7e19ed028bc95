/**
 * Remembers that the person has come as far as the tools. From then on they open at once, and the graphics card is looked for behind
 * them: that takes a second, most of it for reading the engine library.
 */
import { access } from 'node:fs/promises';
import writeFileAtomic from 'write-file-atomic';
import type { Store } from '../store';

export const hasArrived = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

/** Works until something lasting serves the person. @param log takes why it could not be kept, which costs the next start a second. */
export function rememberArrival(store: Store, file: string, log: (line: string) => void): void {
  const stop = store.subscribe(({ event }) => {
    if (event.kind !== 'ready') return;
    const { device } = event;
    // Who has only put the question off is asked again.
    if (device.kind === 'cpu' && passing.has(device.reason.code)) return;
    stop();
    writeFileAtomic(file, '', { mode: 0o600 }).catch((error: unknown) => log(`the arrival was not kept: ${error}`));
  });
}

const passing: ReadonlySet<string> = new Set(['GPU_LOOKING', 'GPU_PREPARING', 'SKIPPED_BY_USER']);
