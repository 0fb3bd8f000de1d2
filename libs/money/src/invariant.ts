/**
 * Broken invariants stop the partition. They are not refusals (those are values) and they stay on
 * in production: a ledger that stopped can be mended, one that went on with a wrong number cannot.
 */

/** Throws when `condition` does not hold. The message says what must hold and what was found. */
export function invariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`Invariant: ${message}`);
}

/** The end of a `switch` over a union: the compiler proves that it cannot be reached. */
export function assertNever(value: never, what: string): never {
  throw new Error(`Invariant: every ${what} is handled; found ${JSON.stringify(value)}.`);
}
