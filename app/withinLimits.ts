/**
 * Says whether a message is small enough for its schema. A schema names every key that it does not know, and a stranger can send a
 * million keys, or bytes in place of an object, each of which is a key. The check costs no more than receiving the message did.
 */

/** The only fields whose values may be bytes, in either protocol. */
const bytesFields = new Set(['rgb', 'alpha', 'bytes', 'exif', 'icc', 'xmp', 'xmpExtension', 'iptc']);
const maxDepth = 8;

/** @param most keys and elements in all. */
export function isWithinLimits(value: unknown, most: number): boolean {
  let left = most;
  const fits = (part: unknown, depth: number, name: string | undefined): boolean => {
    if (typeof part !== 'object' || part === null) return true;
    if (ArrayBuffer.isView(part)) return name !== undefined && bytesFields.has(name);
    if (depth === maxDepth) return false;
    if (Array.isArray(part)) {
      left -= part.length;
      return left >= 0 && part.every((each) => fits(each, depth + 1, undefined));
    }
    const keys = Object.keys(part);
    left -= keys.length;
    return left >= 0 && keys.every((key) => fits(Reflect.get(part, key), depth + 1, key));
  };
  return fits(value, 0, undefined);
}
