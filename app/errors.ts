/**
 * Every error a person or a developer can meet: a closed list of codes, each with what happened and what to do about it.
 * Plain words, no jargon in `message`; `detail` carries the library's own lines for whoever unfolds it.
 */
import type { ErrorParams } from './errorWords';
import { errorWords } from './errorWords';

export type ErrorCode = keyof ErrorParams;

/** An error as it crosses a process boundary: plain data. */
export interface ErrorReport {
  code: ErrorCode;
  /** One sentence: what happened. */
  message: string;
  /** What to do: a sentence or two. */
  remedy: string;
  /** The library's or the system's own words; may be empty. */
  detail: string;
}

/** Thrown wherever Refit itself finds something wrong. `new AppError('ENGINE_HASH_MISMATCH', { file })`. */
export class AppError<C extends ErrorCode = ErrorCode> extends Error {
  readonly code: C;
  readonly remedy: string;
  readonly detail: string;

  constructor(
    code: C,
    readonly params: ErrorParams[C],
    detail = '',
  ) {
    const words = errorWords[code](params);
    super(words.message);
    this.name = 'AppError';
    this.code = code;
    this.remedy = words.remedy;
    this.detail = detail;
  }

  toReport(): ErrorReport {
    return { code: this.code, message: this.message, remedy: this.remedy, detail: this.detail };
  }
}

/** An error that another process reported, thrown on this side with the words it had there. */
export class ReportedError extends Error {
  constructor(readonly report: ErrorReport) {
    super(report.message);
    this.name = 'ReportedError';
  }
}

/** Any thrown value as a report: Refit's own errors keep their words, all else becomes INTERNAL with its text in detail. */
export function toReport(error: unknown): ErrorReport {
  if (error instanceof AppError) return error.toReport();
  if (error instanceof ReportedError) return error.report;
  return new AppError('INTERNAL', {}, textOf(error)).toReport();
}

function textOf(error: unknown): string {
  if (error instanceof Error) return error.stack ?? error.message;
  try {
    return String(error);
  } catch {
    // An object without a usable toString: the place that reports errors must not throw one.
    return `a thrown ${typeof error}`;
  }
}
