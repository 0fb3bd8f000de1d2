/** keccak256 for token ids. A function of its bytes: a replay has the same answer. */

import { keccak_256 } from '@noble/hashes/sha3';

export function keccak256(bytes: Uint8Array): Uint8Array {
  return keccak_256(bytes);
}
