/**
 * Which partition a key belongs to: Kafka's own default, murmur2 of the key's UTF-8 bytes. Every
 * client of any language agrees on it, so the order of a key survives a change of writer.
 */

const SEED = 0x9747b28c;
const M = 0x5bd1e995;
const R = 24;

/** The partition of a key among `partitions`. */
export function partitionOf(key: string, partitions: number): number {
  return (murmur2(Buffer.from(key, 'utf8')) & 0x7fffffff) % partitions;
}

/** murmur2, 32 bits, as Kafka's Java client computes it; the result is signed. */
export function murmur2(data: Uint8Array): number {
  const { length } = data;
  let hash = SEED ^ length;
  const whole = length & ~3;
  for (let at = 0; at < whole; at += 4) {
    let word =
      byteAt(data, at) |
      (byteAt(data, at + 1) << 8) |
      (byteAt(data, at + 2) << 16) |
      (byteAt(data, at + 3) << 24);
    word = Math.imul(word, M);
    word ^= word >>> R;
    hash = Math.imul(hash, M) ^ Math.imul(word, M);
  }
  const rest = length - whole;
  if (rest === 3) hash ^= byteAt(data, whole + 2) << 16;
  if (rest >= 2) hash ^= byteAt(data, whole + 1) << 8;
  if (rest >= 1) hash = Math.imul(hash ^ byteAt(data, whole), M);
  hash = Math.imul(hash ^ (hash >>> 13), M);
  return hash ^ (hash >>> 15);
}

function byteAt(data: Uint8Array, at: number): number {
  return data[at] as number;
}
