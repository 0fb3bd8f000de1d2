/** What is added to the sums of a window; all of it may be negative. */

export type Added = {
  readonly fills: bigint;
  readonly volume: bigint;
  readonly realised: bigint;
  readonly netFees: bigint;
  readonly quarantined: bigint;
};

export const NOTHING_ADDED: Added = {
  fills: 0n,
  volume: 0n,
  realised: 0n,
  netFees: 0n,
  quarantined: 0n,
};

export function plus(a: Added, b: Added): Added {
  return {
    fills: a.fills + b.fills,
    volume: a.volume + b.volume,
    realised: a.realised + b.realised,
    netFees: a.netFees + b.netFees,
    quarantined: a.quarantined + b.quarantined,
  };
}
