/** The command line as a whole. */
import { Command, CommanderError } from 'commander';
import { exitCode } from './command';
import { commands } from './commands';

/** @param argv what comes after the program's name. The result is `process.exitCode`. */
export async function main(argv: string[]): Promise<void> {
  const program = new Command('refit')
    .description('From an ONNX file to a signed catalog of engines without weights, and what is asked about them.')
    .showHelpAfterError('(refit --help lists the commands, refit <command> --help the options)')
    .exitOverride();
  for (const register of commands) register(program);
  const codes = Object.entries(exitCode).map(([name, code]) => `${code} ${name}`);
  program.addHelpText('after', `\nExit codes: ${codes.join(', ')}. docs/factory.md says more.`);
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Commander has printed its own words by now.
    const isHelp = error.exitCode === 0;
    process.exitCode = isHelp ? exitCode.ok : exitCode.usage;
  }
}
