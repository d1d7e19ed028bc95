/** What a schema says of a bad value, in few words. */
import { z } from 'zod';

/** The first few faults: a file or a message can have a million, and a log or a screen shows them. */
export const firstFaults = ({ issues }: z.ZodError): string =>
  z.prettifyError({ issues: issues.slice(0, 20) }).slice(0, 5000);
