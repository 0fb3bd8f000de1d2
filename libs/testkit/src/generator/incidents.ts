/**
 * What goes wrong on a believable day, and how often. Every kind happens at least once, however
 * short the day, each on a fill of its own, so that no outcome of the ledger is left untried.
 */

import { type Random } from './random.ts';

/** Kinds of incident with their frequency in 100,000 fills. */
const PER_100_000 = {
  /** Re-delivered, byte for byte. */
  redelivered: 1_500,
  /** Matched, then failed on the chain. */
  failed: 1_500,
  /** The specification's bare wire example, of an order that is known: accepted. */
  bare: 100,
  /** The same fill id again with another quantity. */
  conflict: 40,
  /** Confirmed although it had failed. */
  statusConflict: 20,
  /** Neither fee_pusd nor fee_bps. */
  feeMissing: 30,
  /** A rate beyond the cap of its role. */
  feeOverCap: 30,
  /** The bare wire example of an order that nobody has seen. */
  incomplete: 20,
  /** Bytes that are no record. */
  undecodable: 20,
  /** A price above 1. */
  priceOutOfRange: 20,
} as const;

export type Incident = keyof typeof PER_100_000;

export const INCIDENTS = Object.keys(PER_100_000) as readonly Incident[];

/** Fewer fills cannot hold every kind of incident on a fill of its own. */
export const FEWEST_FILLS = 2 * INCIDENTS.length;

/** Hours of streaming on a desk's machine: more than that is a slip of the key. */
export const MOST_FILLS = 10_000_000;

/** Which fill (by its number of the day, from 0) meets which incident. */
export function incidentsOf(random: Random, fills: number): ReadonlyMap<number, Incident> {
  const met = new Map<number, Incident>();
  for (const incident of INCIDENTS) {
    const times = Math.max(1, Math.round((fills * PER_100_000[incident]) / 100_000));
    for (let time = 0; time < times; time++) {
      let ordinal = random.between(0, fills - 1);
      while (met.has(ordinal)) ordinal = (ordinal + 1) % fills;
      met.set(ordinal, incident);
    }
  }
  return met;
}
