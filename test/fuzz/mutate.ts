/** Mutates a good input, a little or a lot. The same random numbers make the same input. */
import type { Random } from './random';

/** Largest input, unless told otherwise. */
const mostBytes = 1 << 20;

const words = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];

type Change = (bytes: Uint8Array, random: Random, other: Uint8Array) => Uint8Array;

const joined = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts));

const set =
  (write: (view: DataView, at: number, random: Random) => void, width: number): Change =>
  (bytes, random) => {
    if (bytes.length < width) return bytes;
    const copy = Uint8Array.from(bytes);
    write(new DataView(copy.buffer), random.below(copy.length - width + 1), random);
    return copy;
  };

function span(bytes: Uint8Array, random: Random): [from: number, to: number] {
  const from = random.below(bytes.length + 1);
  return [from, Math.min(bytes.length, from + random.below(random.pick([4, 64, 4096])))];
}

const changes: Change[] = [
  set((view, at, random) => view.setUint8(at, view.getUint8(at) ^ (1 << random.below(8))), 1),
  set((view, at, random) => view.setUint8(at, random.below(256)), 1),
  set((view, at, random) => view.setUint8(at, random.pick(words)), 1),
  set((view, at, random) => view.setUint16(at, random.pick(words), random.next() < 0.5), 2),
  set((view, at, random) => view.setUint32(at, random.pick(words), random.next() < 0.5), 4),
  // A varint or a length without end.
  set((view, at) => {
    for (let i = 0; i < 8; i++) view.setUint8(at + i, 0xff);
  }, 8),
  (bytes, random) => bytes.slice(0, random.below(bytes.length + 1)),
  (bytes, random) => bytes.slice(random.below(bytes.length + 1)),
  (bytes, random) => {
    const [from, to] = span(bytes, random);
    return joined(bytes.subarray(0, from), bytes.subarray(to));
  },
  (bytes, random) => {
    const [from, to] = span(bytes, random);
    return joined(bytes.subarray(0, to), bytes.subarray(from, to), bytes.subarray(to));
  },
  (bytes, random) => {
    const at = random.below(bytes.length + 1);
    return joined(bytes.subarray(0, at), random.bytes(random.below(32)), bytes.subarray(at));
  },
  (bytes, random, other) => {
    const [from, to] = span(other, random);
    const at = random.below(bytes.length + 1);
    return joined(bytes.subarray(0, at), other.subarray(from, to), bytes.subarray(at));
  },
  // A number in a text becomes another.
  (bytes, random) => {
    const text = Buffer.from(bytes).toString('latin1');
    const found = [...text.slice(0, 65536).matchAll(/-?\d+(\.\d+)?/g)];
    const one = found[random.below(Math.max(found.length, 1))];
    if (!one) return bytes;
    const number = random.pick([
      '-1',
      '0',
      '1e999',
      '1e-999',
      '9007199254740993',
      '-0',
      '0.5',
      '"1"',
      'null',
      '[]',
      '{}',
    ]);
    return Uint8Array.from(
      Buffer.from(text.slice(0, one.index) + number + text.slice(one.index + one[0].length), 'latin1'),
    );
  },
];

/** Makes one to six changes to one of the seeds. */
export function mutateBytes(seeds: readonly Uint8Array[], random: Random, maxBytes = mostBytes): Uint8Array {
  let bytes = random.pick(seeds);
  for (let left = 1 + random.below(6); left > 0; left--)
    bytes = random.pick(changes)(bytes, random, random.pick(seeds)).subarray(0, maxBytes);
  return bytes;
}

/** Values that a structured clone carries and hardly anybody expects. */
const strange: ((random: Random) => unknown)[] = [
  () => null,
  () => undefined,
  () => true,
  () => Number.NaN,
  () => Number.POSITIVE_INFINITY,
  () => -1,
  () => -0,
  () => 0.5,
  () => 2 ** 31,
  () => 2 ** 53,
  () => 1e308,
  () => 10n ** 40n,
  () => '',
  () => '../../../etc/passwd',
  () => 'C:\\Windows\\System32',
  () => '__proto__',
  () => 'constructor',
  () => '\u0000\ud800',
  () => 'x'.repeat(100_000),
  () => [],
  () => ({}),
  () => Array.from({ length: 2000 }, () => 0),
  () => new Array(20_000),
  () => new Uint8Array(0),
  () => new Uint8Array(12),
  () => new Uint8Array(1_000_000),
  () => new Uint16Array(6),
  () => new Float64Array(2),
  () => new ArrayBuffer(12),
  () => new DataView(new ArrayBuffer(12)),
  () => new Date(Number.NaN),
  () => /(a+)+$/,
  () => new Map([['width', 1]]),
  () => new Set([1]),
  () => new Error('an error'),
  () => Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`k${i}`, i])),
  () => JSON.parse('{"__proto__":{"ok":true}}'),
  () => ({ length: 1e9, byteLength: 1e9 }),
  () => {
    const circle: unknown[] = [];
    circle.push(circle);
    return circle;
  },
  (random) => {
    let deep: unknown = 1;
    for (let i = random.below(2000); i > 0; i--) deep = random.next() < 0.5 ? [deep] : { deep };
    return deep;
  },
  (random) => random.bytes(random.below(64)),
  (random) => random.below(2 ** 32) - 2 ** 31,
];

const strangeValue = (random: Random): unknown => random.pick(strange)(random);

/** A copy with one to four parts changed, left out, doubled or made up. Bytes count as one part. */
export function mutateValue(value: unknown, random: Random): unknown {
  if (random.next() < 0.02) return strangeValue(random);
  let changed = value;
  for (let left = 1 + random.below(4); left > 0; left--) changed = changeOne(changed, random);
  return changed;
}

function changeOne(value: unknown, random: Random): unknown {
  if (typeof value !== 'object' || value === null || random.next() < 0.1) return strangeValue(random);
  if (Array.isArray(value)) {
    const own = [...value];
    const at = random.below(own.length + 1);
    if (random.next() < 0.3) own.splice(at, 1);
    else if (random.next() < 0.4) own.splice(at, 0, random.pick([own[0], strangeValue(random)]));
    else own[at] = changeOne(own[at], random);
    return own;
  }
  // Anything else that is more than its fields: bytes, a map, a date.
  if (Object.getPrototypeOf(value) !== Object.prototype) return strangeValue(random);
  const fields = Object.entries(value);
  const at = random.below(fields.length + 1);
  const [key = 'more', old] = fields[at] ?? [];
  switch (random.below(8)) {
    case 0:
      fields.splice(at, 1);
      break;
    case 1:
      fields.push([random.pick(['more', '__proto__', 'constructor', '']), strangeValue(random)]);
      break;
    case 2:
      fields[at] = [key, random.pick(fields)?.[1]];
      break;
    default:
      fields[at] = [key, changeOne(old, random)];
  }
  return Object.fromEntries(fields);
}
