/**
 * Outcome-token ids, computed from their condition, and what an id says about negative risk (B5).
 *
 * The venue's standard markets mint tokens against USDC.e, neg-risk ones against WrappedCollateral,
 * so the id itself proves which kind it is and a metadata flag can only agree or be wrong.
 * An id is keccak256(collateral ‖ collection id), and a collection id is a point of the curve
 * alt_bn128, y² = x³ + 3, found by counting x up from keccak256(condition ‖ index set)
 * (ConditionalTokens, CTHelpers.sol).
 *
 * keccak256 is a parameter: pure code has no crypto of its own.
 */

/** keccak256 of bytes, 32 bytes long. */
export type Keccak256 = (bytes: Uint8Array) => Uint8Array;

export type NegRiskKind = 'standard' | 'neg_risk' | 'unknown';

export const USDC_E = '0x2791bca1f2de4661ed88a30c99a7a9449aa84174';
export const PUSD = '0xc011a7e12a19f7b1f670d46f03b03f3342e82dfb';
export const WRAPPED_COLLATERAL = '0x3a3bd7bb9528e159577f7c2e685cc81a765002e2';

/** YES is index set 1 (outcome 0), NO is index set 2 (outcome 1). */
export const INDEX_SETS: readonly [1n, 2n] = [1n, 2n];

const FIELD = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;
const SQUARE_ROOT_EXPONENT = (FIELD + 1n) / 4n;
const ODD_Y_BIT = 1n << 254n;

/** The collection id of an index set of a condition (no parent collection). */
export function collectionId(keccak256: Keccak256, conditionId: string, indexSet: bigint): bigint {
  const hash = toInteger(keccak256(concat(bytesOf(conditionId, 32), integerBytes(indexSet))));
  const odd = hash >> 255n;
  let x = hash;
  let y: bigint;
  let square: bigint;
  do {
    x = (x + 1n) % FIELD;
    square = (x * x * x + 3n) % FIELD;
    y = power(square, SQUARE_ROOT_EXPONENT);
  } while ((y * y) % FIELD !== square);
  if ((odd === 0n) === (y % 2n === 1n)) y = FIELD - y;
  return y % 2n === 1n ? x ^ ODD_Y_BIT : x;
}

/** The ERC-1155 id of a collection of a collateral, as a decimal string. */
export function positionId(keccak256: Keccak256, collateral: string, collection: bigint): string {
  return toInteger(keccak256(concat(bytesOf(collateral, 20), integerBytes(collection)))).toString();
}

/** The token ids [YES, NO] of a condition under a collateral. */
export function tokenIds(
  keccak256: Keccak256,
  collateral: string,
  conditionId: string,
): readonly [string, string] {
  return [
    positionId(keccak256, collateral, collectionId(keccak256, conditionId, INDEX_SETS[0])),
    positionId(keccak256, collateral, collectionId(keccak256, conditionId, INDEX_SETS[1])),
  ];
}

/** What the token's id proves about negative risk. A millisecond's work: keep the answer. */
export function deriveNegRisk(
  keccak256: Keccak256,
  conditionId: string,
  tokenId: string,
): NegRiskKind {
  for (const indexSet of INDEX_SETS) {
    const collection = collectionId(keccak256, conditionId, indexSet);
    if (tokenId === positionId(keccak256, WRAPPED_COLLATERAL, collection)) return 'neg_risk';
    if (tokenId === positionId(keccak256, USDC_E, collection)) return 'standard';
    if (tokenId === positionId(keccak256, PUSD, collection)) return 'standard';
  }
  return 'unknown';
}

export type NegRiskVerdict = {
  /** Null where neither the id nor anyone else says. */
  readonly negRisk: boolean | null;
  readonly source: 'DERIVED' | 'GIVEN' | 'NONE';
  /** The flag given contradicts the id: WARN `GOV_NEGRISK_FLAG_MISMATCH`. */
  readonly mismatch: boolean;
};

/** The derived kind wins over the flag given; where the id proves nothing, the flag counts (B5). */
export function judgeNegRisk(derived: NegRiskKind, given: boolean | null): NegRiskVerdict {
  if (derived === 'unknown') {
    return { negRisk: given, source: given === null ? 'NONE' : 'GIVEN', mismatch: false };
  }
  const negRisk = derived === 'neg_risk';
  return { negRisk, source: 'DERIVED', mismatch: given !== null && given !== negRisk };
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = base;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * square) % FIELD;
    square = (square * square) % FIELD;
  }
  return result;
}

function toInteger(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return value;
}

function integerBytes(value: bigint): Uint8Array {
  return bytesOf(value.toString(16).padStart(64, '0'), 32);
}

function bytesOf(hex: string, length: number): Uint8Array {
  const digits = hex.startsWith('0x') ? hex.slice(2) : hex;
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index += 1)
    bytes[index] = parseInt(digits.slice(2 * index, 2 * index + 2), 16);
  return bytes;
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a, 0);
  joined.set(b, a.length);
  return joined;
}
