/** Keeps what the person chose to compute on, between starts. */
import writeFileAtomic from 'write-file-atomic';
import { automatic } from '../../app/preference';
import { Preference } from '../../app/preferenceSchema';
import { readText } from '../../storage/readBounded';
import { whenFree } from '../../storage/whenFree';

const maxBytes = 2 ** 12;

export interface KeptPreference {
  get(): Preference;
  /** Takes effect at once. Where the disk refuses it, the next start does not know it. Never throws. */
  set(preference: Preference): Promise<void>;
}

/** @param file a missing or damaged one counts as no choice. */
export async function openPreference(file: string, log: (line: string) => void): Promise<KeptPreference> {
  let current = await readText(file, maxBytes)
    .then((text) => Preference.parse(JSON.parse(text)))
    .catch(() => automatic);
  return {
    get: () => current,
    set: async (preference) => {
      current = preference;
      await whenFree(() => writeFileAtomic(file, `${JSON.stringify(preference)}\n`, { mode: 0o600 })).catch(
        (error: unknown) => log(`the choice of a device was not kept: ${error}`),
      );
    },
  };
}

/** A preference that ends with the process. */
export function unkept(preference = automatic): KeptPreference {
  let current = preference;
  return {
    get: () => current,
    set: async (preference) => {
      current = preference;
    },
  };
}
