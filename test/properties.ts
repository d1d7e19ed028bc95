/**
 * fast-check as this project's properties use it. CI tries the same inputs each time: whether a change may land hangs on the change
 * alone. Everywhere else each run tries new ones, and what it finds becomes a test of its own.
 */
import fc from 'fast-check';

if (process.env.REFIT_STRICT === '1') fc.configureGlobal({ seed: 45 });

export { fc };
