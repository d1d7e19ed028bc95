/** Errors as they are thrown, and as they cross processes: codes and values (errorCodes.ts). Their words are in `words/errors.ts`. */
import type { ErrorCode, ErrorParams } from './errorCodes';

export type { ErrorCode } from './errorCodes';

/** An error as it crosses a process boundary: plain data. `detail`: the library's or the system's own words; may be empty. */
export type ErrorReport = { [C in ErrorCode]: { code: C; params: ErrorParams[C]; detail: string } }[ErrorCode];

/** Thrown wherever Refit itself finds something wrong. `new AppError('ENGINE_HASH_MISMATCH', { file })`. */
export class AppError<C extends ErrorCode = ErrorCode> extends Error {
  constructor(
    readonly code: C,
    readonly params: ErrorParams[C],
    readonly detail = '',
  ) {
    // For a log. A person reads its words.
    super(Object.keys(params).length > 0 ? `${code} ${JSON.stringify(params)}` : code);
    this.name = 'AppError';
  }

  toReport(): ErrorReport {
    return { code: this.code, params: this.params, detail: this.detail } as ErrorReport;
  }
}

/** An error that another process reported, thrown on this side. */
export class ReportedError extends Error {
  constructor(readonly report: ErrorReport) {
    super(new AppError(report.code, report.params).message);
    this.name = 'ReportedError';
  }
}

/** Whether both make the same sentence, of equal codes and values; details may differ. */
export const isSameError = (a: ErrorReport, b: ErrorReport): boolean => keyOf(a) === keyOf(b);

/** Equal for errors that make the same sentence. */
export const keyOf = ({ code, params }: Pick<ErrorReport, 'code' | 'params'>): string =>
  `${code} ${JSON.stringify(Object.entries(params).sort())}`;

/** Any thrown value as a report: Refit's own errors as they are, all else becomes INTERNAL with its text in detail. */
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
