/** Pseudo-random numbers: target, seed and place alone decide an input. */
export class Random {
  private state: number;

  constructor(...names: (string | number)[]) {
    // FNV-1a over the names.
    this.state = 0x811c9dc5;
    for (const char of names.join('\0')) this.state = Math.imul(this.state ^ char.charCodeAt(0), 0x01000193);
  }

  /** 0 … 1, without 1 (mulberry32). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  /** 0 … `end` - 1. */
  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256));
  }
}
