/** What *Blur faces* says of its picture. Pure. */

/** @param count faces that were found. @param smallest pixels: height of the smallest face that was looked for. */
export function noteFor(count: number, smallest: number): string {
  const sought = `Faces from about ${smallest} pixels were looked for: `;
  if (count === 0) return `${sought}none were found, so the picture is as it was.`;
  return `${sought}${count} ${count === 1 ? 'was' : 'were'} found and hidden.`;
}
