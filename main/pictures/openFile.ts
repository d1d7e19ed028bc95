/** Opens a file as the picture that the person looks at; the workshop decodes it. */
import { AppError } from '../../app/errors';
import type { PictureSink, Workshop } from '../queue/workshop';
import type { Receive } from './receive';
import type { Shown } from './shown';

/**
 * A later call ends this one. @param name as the person reads it. @returns the picture's id, and a signal that a later call aborts.
 * @throws AppError BUSY while a job runs or where another is opened meanwhile; ReportedError with why it is no picture.
 */
export type OpenFile = (file: string, name: string) => Promise<{ picture: number; signal: AbortSignal }>;

export function createOpenFile(
  workshop: Pick<Workshop, 'open'>,
  shown: Shown,
  receive: Receive,
  requireIdle: () => void,
): OpenFile {
  let opening: AbortController | undefined;
  return async (file, name) => {
    requireIdle();
    opening?.abort(new AppError('BUSY', {}));
    const own = new AbortController();
    opening = own;
    let picture = 0;
    const sink: PictureSink = {
      facts: async (facts) => {
        picture = (await shown.create(facts)).id;
        return shown.receive(picture, receive);
      },
    };
    try {
      const { transparent } = await workshop.open(file, name, sink, own.signal);
      await shown.carry({ id: picture, transparent });
      // Asked again: a job may have been started meanwhile.
      requireIdle();
      shown.ready({ id: picture, transparent });
    } catch (error) {
      // Its pixels have their whole room from the first row on.
      shown.abandon(picture);
      throw error;
    }
    return { picture, signal: own.signal };
  };
}
