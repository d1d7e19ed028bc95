/** What *Blur faces* says of its picture. Pure. */

/**
 * @param count faces that were found.
 * @param isShrunk whether the network saw the picture smaller than it is, and so misses faces that it would find in one of its own size.
 */
export function noteFor(count: number, isShrunk: boolean): string {
  const found =
    count === 0
      ? 'No faces were found, so the picture is as it was.'
      : count === 1
        ? 'One face was found and blurred.'
        : `${count} faces were found and blurred.`;
  return isShrunk ? `${found} Small faces were not looked for in a picture this large.` : found;
}
