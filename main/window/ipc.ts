/** Answers the window's commands (answer.ts) and logs those that fail. listen.ts hears them; nothing else listens (log.ts). */
import type { z } from 'zod';
import type { ErrorReport } from '../../app/errors';
import log from '../log';
import { createAnswerer } from './answer';
import type { Answer } from './listen';

/** @param schemas of all commands' arguments. @param shown an error as the window may see it. */
export const answererOf = <C extends string>(
  schemas: Record<C, z.ZodType>,
  handlers: Record<C, (args: never) => unknown>,
  shown: (report: ErrorReport) => ErrorReport,
): Answer<C> =>
  createAnswerer(schemas, handlers, shown, (channel, { code, detail }) => log.warn(channel, code, detail));
