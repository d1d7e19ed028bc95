/** Loads the addon and asks it about this machine's driver, GPUs and libraries. */
import { AppError } from '../app/errors';
import { rankGpus } from '../app/gpus';
import type { Machine } from '../app/machine';
import { loadAddon } from '../native/addon';
import type { Binding, CheckedBinding } from '../native/binding';

/** @param addon the compiled addon, `refit-<runtime>.node`. @throws AppError ADDON_BROKEN if it does not load. */
export function load(addon: string): Binding {
  try {
    return loadAddon(addon);
  } catch (error) {
    throw new AppError('ADDON_BROKEN', {}, String(error));
  }
}

/**
 * A missing driver or library is a fact, not an error.
 * @param libraries the folder with the engine library. @param checked resolves once they may be loaded. It is asked only where an engine
 * could serve a GPU: they have 218 MB, which no other machine need read.
 * @throws what `checked` rejects with; nothing of the folder is loaded then.
 */
export async function detect(
  binding: Pick<CheckedBinding, 'findDriver' | 'openLibraries'>,
  libraries: string,
  checked: () => Promise<void>,
): Promise<Machine> {
  const found = binding.findDriver();
  if (found.gpus.kind === 'unknown' || !rankGpus(found.gpus.value).rows.some(({ serves }) => serves)) {
    const unasked = { kind: 'unknown', reason: 'not opened, since no GPU here could use it' } as const;
    return { ...found, runtime: unasked, parser: unasked };
  }
  await checked();
  return { ...found, ...binding.openLibraries(libraries) };
}

/** The same for tools, whose files are the developer's own. @throws AppError ADDON_BROKEN if the addon does not load. */
export function detectUnchecked(addon: string, libraries: string): { binding: Binding; machine: Machine } {
  const binding = load(addon);
  return { binding, machine: binding.probe(libraries) };
}
