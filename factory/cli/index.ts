/** `npm run refit -- <command>`; where there is no npm, `node --import tsx factory/cli/index.ts <command>`. */
import { main } from './program';

await main(process.argv.slice(2));
// What the addon has running would keep the process; what was said must be out before it ends.
process.stdout.write('', () => process.exit());
