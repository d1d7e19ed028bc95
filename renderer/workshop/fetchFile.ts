/** Reads a file that main serves under an address of the task's own. */
import { AppError } from '../../app/errors';

/**
 * @param bytes the file's size as main saw it: an empty file has no body to be asked for.
 * @throws AppError PICTURE_NOT_OPENED where the file cannot be read; `signal`'s reason.
 */
export async function fetchFile(
  { url, name, bytes }: { url: string; name: string; bytes: number },
  signal: AbortSignal,
): Promise<File> {
  if (bytes === 0) return new File([], name);
  try {
    const answer = await fetch(url, { signal });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    return new File([await answer.blob()], name);
  } catch (error) {
    signal.throwIfAborted();
    throw new AppError('PICTURE_NOT_OPENED', { name }, String(error));
  }
}
