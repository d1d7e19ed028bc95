/** Asks the person one question at a time: a window that was taken over must not bury them in dialogs. */
import { AppError } from '../../app/errors';

/** @returns a function that asks, and throws AppError BUSY while another question is open. */
export function createAsker(): <T>(ask: () => Promise<T>) => Promise<T> {
  let isOpen = false;
  return async (ask) => {
    if (isOpen) throw new AppError('BUSY', {});
    isOpen = true;
    try {
      return await ask();
    } finally {
      isOpen = false;
    }
  };
}
