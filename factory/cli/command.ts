/**
 * What the commands of `refit` have in common: `--json`, exit codes, how results and faults are printed. A command is a file
 * with a `Register`, listed in commands.ts.
 */
import { existsSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import { toReport } from '../../app/errors';
import { sentenceOf } from '../../words/errors';
import { createScreen, type Screen } from './screen';

/** The exit codes of every command; docs/factory.md tells them too. */
export const exitCode = {
  ok: 0,
  /** It ran, and something did not come out as it should: an engine that did not build, a picture that differs. */
  failed: 1,
  /** The command line is wrong. */
  usage: 2,
  /** The command refuses its input: an ONNX file, a shard, a GPU's name. */
  refused: 3,
  /** This needs a GPU, driver or library that is not here. */
  noGpu: 4,
} as const;
export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

export interface CommandResult {
  /** Printed by `--json`, else `text`. */
  data: unknown;
  text: string;
  code?: ExitCode;
}

/** A command ends for a reason that is no bug; the message says it in plain words. */
export class Refusal extends Error {
  constructor(
    message: string,
    readonly code: ExitCode = exitCode.refused,
    readonly detail = '',
  ) {
    super(message);
  }
}

export type Register = (program: Command) => void;

/** A command of a program, with the options that all have. */
export const command = (program: Command, name: string, summary: string): Command =>
  program.command(name).description(summary).option('--json', 'print the result as JSON, and nothing else, on stdout');

export interface Call<O> {
  options: O;
  args: string[];
  screen: Screen;
}

/**
 * Makes a command's action of a function. Its result goes to stdout, its exit code to the process; whatever it throws
 * becomes an error in the same form.
 */
export function action<O>(act: (call: Call<O>) => Promise<CommandResult>) {
  return async function run(this: Command): Promise<void> {
    const { json = false, ...options } = this.opts<{ json?: boolean }>();
    const screen = createScreen(json);
    try {
      const { data, text, code = exitCode.ok } = await act({ options: options as O, args: this.args, screen });
      screen.end();
      process.stdout.write(json ? `${JSON.stringify(data, null, 2)}\n` : `${text}\n`);
      process.exitCode = code;
    } catch (error) {
      screen.end();
      const { message, detail, code } = faultOf(error);
      if (json) process.stdout.write(`${JSON.stringify({ error: { message, detail } }, null, 2)}\n`);
      else process.stderr.write(`✗ ${message}\n${detail && `${detail}\n`}`);
      process.exitCode = code;
    }
  };
}

function faultOf(error: unknown): { message: string; detail: string; code: ExitCode } {
  if (error instanceof Refusal) return error;
  const report = toReport(error);
  const detail = report.code === 'INTERNAL' ? '' : report.detail;
  return { message: sentenceOf(error), detail, code: exitCode.failed };
}

/** @throws Refusal where what a command is to make is there already: said before minutes of work, not after them. */
export function requireNew(folder: string): void {
  if (existsSync(folder)) throw new Refusal(`${folder} is there already.`);
}

/** For an option that is a whole number of at least 1. */
export function positive(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('Expected a whole number of at least 1.');
  return Number(text);
}

/** For an option that a function of the project parses, which throws where it cannot. */
export const parsedBy =
  <T>(parse: (text: string) => T) =>
  (text: string): T => {
    try {
      return parse(text);
    } catch (error) {
      throw new InvalidArgumentError(sentenceOf(error));
    }
  };
