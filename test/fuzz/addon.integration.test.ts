/** The addon's targets in this process, for `npm run test:sanitize`: the sanitizers end the process where they find a fault. */
import { expect, test } from 'vitest';
import { addonTargets } from './addon';
import { Random } from './random';

test.skipIf(process.env.REFIT_ADDON_BUILD === undefined).each(addonTargets.filter(({ mayDie }) => !mayDie))(
  '$name, sanitized',
  async (target) => {
    const trial = await target.open();
    const inputs = 3000;
    let refused = 0;
    for (let i = 0; i < inputs; i++)
      if ((await trial.try(new Random(target.name, 'sanitized', i))) === 'refused') refused += 1;
    expect(refused).toBeGreaterThan(inputs / 2);
  },
);
