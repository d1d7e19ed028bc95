/** Answers the window's commands (answer.ts) and logs those that fail. listen.ts hears them; nothing else listens (log.ts). */
import type { ErrorReport } from '../../app/errors';
import log from '../log';
import { createAnswerer, type Handlers } from './answer';
import type { Answer } from './listen';

/** @param shown an error as the window may see it. */
export const answererOf = (handlers: Handlers, shown: (report: ErrorReport) => ErrorReport): Answer =>
  createAnswerer(handlers, shown, (channel, { code, detail }) => log.warn(channel, code, detail));
