/** `npm run refit -- <command>`; where there is no npm, `node --import tsx tools/refit/index.ts <command>`. */
import { main } from './program';

await main(process.argv.slice(2));
