/** What a person chose to compute on. Pure. */
import type { Preference } from './preferenceSchema';

export type { Preference } from './preferenceSchema';

export const automatic: Preference = { gpu: null, upTo: 'gpu' };
