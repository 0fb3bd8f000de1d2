/**
 * The generator's own source of chance: xoshiro128** seeded through splitmix32 from a text.
 * Math.random cannot be seeded and may differ between engines; this gives the same numbers
 * everywhere, for ever, which is what makes "same seed, same bytes" a promise. Integers only: no
 * float ever becomes money.
 */

export type Random = {
  /** The next 32 random bits as an integer in [0, 2³²). */
  readonly bits: () => number;
  /** An integer in [low, high], both ends included; high − low must stay below 2³². */
  readonly between: (low: number, high: number) => number;
  /** True in `per` of `of` cases, on average. */
  readonly chance: (per: number, of: number) => boolean;
  /** One of the items, all alike likely. The list must not be empty. */
  readonly pick: <T>(items: readonly T[]) => T;
  /** Lower-case hex of so many bytes, with 0x in front. */
  readonly hex: (bytes: number) => string;
};

/** A stream of chance for a seed text; two streams of different texts are independent. */
export function randomOf(seed: string): Random {
  let [a, b, c, d] = seedWords(seed);
  const bits = (): number => {
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotateLeft(d, 11);
    return result;
  };
  const between = (low: number, high: number): number => low + boundedBits(bits, high - low + 1);
  return {
    bits,
    between,
    chance: (per, of) => boundedBits(bits, of) < per,
    pick: (items) => {
      const item = items[boundedBits(bits, items.length)];
      if (item === undefined) throw new Error('Invariant: pick needs a list that is not empty.');
      return item;
    },
    hex: (bytes) => hexOf(bits, bytes),
  };
}

/**
 * Draws beyond the last whole multiple of the bound are drawn again, so that no number is favoured.
 */
function boundedBits(bits: () => number, bound: number): number {
  if (bound <= 1) return 0;
  const limit = Math.floor(0x1_0000_0000 / bound) * bound;
  let drawn = bits();
  while (drawn >= limit) drawn = bits();
  return drawn % bound;
}

function hexOf(bits: () => number, bytes: number): string {
  let text = '';
  while (text.length < bytes * 2) text += bits().toString(16).padStart(8, '0');
  return `0x${text.slice(0, bytes * 2)}`;
}

function rotateLeft(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}

/** FNV-1a over the text, then splitmix32, so that near seeds ("1", "2") give far-apart states. */
function seedWords(seed: string): [number, number, number, number] {
  let hash = 0x811c9dc5;
  for (let i = 0; i < seed.length; i++) {
    hash = Math.imul(hash ^ seed.charCodeAt(i), 0x01000193);
  }
  const next = (): number => {
    hash = (hash + 0x9e3779b9) | 0;
    let word = Math.imul(hash ^ (hash >>> 16), 0x21f0aaad);
    word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
    return word ^ (word >>> 15);
  };
  return [next(), next(), next(), next() | 1];
}
