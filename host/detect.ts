/** Loads the addon and asks it about this machine's driver, GPUs and libraries. */
import { AppError } from '../app/errors';
import type { Machine } from '../app/machine';
import { loadAddon } from '../native/addon';
import type { Binding } from '../native/binding';

/**
 * @param addon the compiled addon, `refit-<runtime>.node`. @param libraries the folder with the engine library.
 * @throws AppError ADDON_BROKEN if the addon itself does not load. A missing driver or library is a fact, not an error.
 */
export function detect(addon: string, libraries: string): { binding: Binding; machine: Machine } {
  let binding: Binding;
  try {
    binding = loadAddon(addon);
  } catch (error) {
    throw new AppError('ADDON_BROKEN', {}, String(error));
  }
  return { binding, machine: binding.probe(libraries) };
}
