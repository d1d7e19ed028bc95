/** Reads what a colour profile (ICC) says of itself. Anybody may have made it; a broken one says nothing. Pure. */

/** @returns where the tag's content lies; null if there is none. */
function tagOf(icc: Uint8Array, view: DataView, name: string): Uint8Array | null {
  if (icc.length < 132) return null;
  const wanted = [...name].reduce((sum, letter) => sum * 256 + letter.charCodeAt(0), 0);
  const tags = Math.min(view.getUint32(128), 256);
  for (let i = 0; i < tags; i++) {
    const at = 132 + i * 12;
    if (at + 12 > icc.length) return null;
    if (view.getUint32(at) !== wanted) continue;
    const from = view.getUint32(at + 4);
    const length = view.getUint32(at + 8);
    return from + length <= icc.length ? icc.subarray(from, from + length) : null;
  }
  return null;
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Its description, at most 100 characters; undefined where it has none. */
export function nameOfProfile(icc: Uint8Array): string | undefined {
  const desc = tagOf(icc, viewOf(icc), 'desc');
  if (!desc || desc.length < 12) return undefined;
  const view = viewOf(desc);
  let name = '';
  if (view.getUint32(0) === 0x64657363) {
    // 'desc', of version 2: a length, then ASCII.
    const end = Math.min(12 + Math.min(view.getUint32(8), 101), desc.length);
    name = new TextDecoder('latin1').decode(desc.subarray(12, end));
  } else if (view.getUint32(0) === 0x6d6c7563 && desc.length >= 28) {
    // 'mluc', of version 4: the first language's, in UTF-16.
    const from = view.getUint32(24);
    const end = Math.min(from + Math.min(view.getUint32(20), 200), desc.length);
    for (let at = from; at + 2 <= end; at += 2) name += String.fromCharCode(view.getUint16(at));
  }
  name = name.split('\0')[0]?.trim() ?? '';
  return name || undefined;
}

/** Red, green and blue of Display P3, as profiles hold them (for white D50). */
const p3 = [
  [0.5151, 0.2412, -0.0011],
  [0.292, 0.6922, 0.0419],
  [0.1571, 0.0666, 0.7841],
] as const;

/** Whether its primaries are Display P3's, whatever it is called. */
export function isWideP3(icc: Uint8Array): boolean {
  const view = viewOf(icc);
  return ['rXYZ', 'gXYZ', 'bXYZ'].every((name, i) => {
    const tag = tagOf(icc, view, name);
    if (!tag || tag.length < 20) return false;
    const values = viewOf(tag);
    return p3[i]?.every((wanted, axis) => Math.abs(values.getInt32(8 + axis * 4) / 65536 - wanted) < 0.003) ?? false;
  });
}
