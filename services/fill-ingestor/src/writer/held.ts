/**
 * Held tokens: a plain sum of what confirmed fills, movements and opening balances have brought to
 * a wallet, and taken from it. It is no book (no cost, no bots); it answers one question, what a
 * wallet has of a condition, for sources that do not say it.
 */

import { type ShareMicros, shares } from '@polytraders/money';
import { type Lookup, type Put } from '@polytraders/stream';
import { type Entity, heldKey, type HeldState, tokenPlace } from './state.ts';

/** Shares that come to a place, or go from it where negative. */
export type Held = { readonly place: string; readonly tokenId: string; readonly by: bigint };

type Wallet = { readonly partition: number; readonly account: string };

/** What is remembered of holdings once they have changed. */
export function heldPuts(
  lookup: Lookup<Entity>,
  { partition, account }: Wallet,
  changes: readonly Held[],
): readonly Put<Entity>[] {
  const byPlace = new Map<string, Map<string, ShareMicros>>();
  for (const { place, tokenId, by } of changes) {
    if (by === 0n) continue;
    const known = byPlace.get(place) ?? new Map(stateAt(lookup, partition, account, place));
    known.set(tokenId, shares((known.get(tokenId) ?? 0n) + by));
    byPlace.set(place, known);
  }
  return [...byPlace].map(([place, tokens]) => ({
    key: heldKey(partition, account, place),
    entity: { kind: 'held', partition, account, place, tokens },
  }));
}

/** What a wallet has of some tokens, under a condition and under each token itself. */
export type Holding = {
  /** By token; also what was held once and is 0 now, or negative where the books lack a buy. */
  readonly tokens: ReadonlyMap<string, ShareMicros>;
  /** What of it stands under the token instead of the condition. */
  readonly loose: ReadonlyMap<string, ShareMicros>;
};

/** Holdings of a condition; `tokens` are those whose fills may have known no condition. */
export function holdingOf(
  lookup: Lookup<Entity>,
  { partition, account }: Wallet,
  condition: string,
  tokens: readonly string[],
): Holding {
  const all = new Map(stateAt(lookup, partition, account, condition));
  const loose = new Map<string, ShareMicros>();
  for (const token of new Set(tokens)) {
    const found = stateAt(lookup, partition, account, tokenPlace(token)).get(token);
    if (found === undefined) continue;
    loose.set(token, found);
    all.set(token, shares((all.get(token) ?? 0n) + found));
  }
  return { tokens: all, loose };
}

/** Takes shares of a condition's tokens: first what stands under the token, so that it moves. */
export function taken(
  condition: string,
  holding: Holding,
  legs: readonly { readonly token_id: string; readonly quantity_shares: bigint }[],
): readonly Held[] {
  return legs.flatMap(({ token_id: tokenId, quantity_shares: quantity }) => {
    const loose = holding.loose.get(tokenId) ?? 0n;
    return [
      { place: tokenPlace(tokenId), tokenId, by: -loose },
      { place: condition, tokenId, by: loose - quantity },
    ];
  });
}

function stateAt(
  lookup: Lookup<Entity>,
  partition: number,
  account: string,
  place: string,
): HeldState['tokens'] {
  const found = lookup.get(heldKey(partition, account, place));
  return found?.kind === 'held' ? found.tokens : NOTHING;
}

const NOTHING: HeldState['tokens'] = new Map();
