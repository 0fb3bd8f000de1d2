/**
 * Held tokens: a plain sum of what confirmed fills, movements and opening balances have brought to
 * a wallet, and taken from it. It is no book (no cost, no bots); it answers what a wallet has of a
 * condition, for sources that do not say it, and of which tokens books may hold something: where
 * several bots have traded one, or it moved without a trade, also where the wallet holds none.
 */

import { type ShareMicros, shares } from '@polytraders/money';
import { type Lookup, type Put } from '@polytraders/stream';
import { type Entity, heldKey, type HeldState, tokenPlace } from './state.ts';

/** Shares that come to a place, or go from it where negative. */
export type Held = { readonly place: string; readonly tokenId: string; readonly by: bigint };

type Wallet = { readonly partition: number; readonly account: string };

/** What is remembered of holdings once they have changed: by a fill of `bot`, else null. */
export function heldPuts(
  lookup: Lookup<Entity>,
  { partition, account }: Wallet,
  changes: readonly Held[],
  bot: string | null,
): readonly Put<Entity>[] {
  const byPlace = new Map<string, Changing>();
  for (const { place, tokenId, by } of changes) {
    if (by === 0n) continue;
    const known = byPlace.get(place) ?? changing(stateAt(lookup, partition, account, place));
    const { tokens, onlyBots } = known;
    const isOnly = !tokens.has(tokenId) || onlyBots.get(tokenId) === bot;
    tokens.set(tokenId, shares((tokens.get(tokenId) ?? 0n) + by));
    onlyBots.set(tokenId, isOnly ? bot : null);
    byPlace.set(place, known);
  }
  return [...byPlace].map(([place, { tokens, onlyBots }]) => ({
    key: heldKey(partition, account, place),
    entity: { kind: 'held', partition, account, place, tokens, onlyBots },
  }));
}

type Changing = {
  readonly tokens: Map<string, ShareMicros>;
  readonly onlyBots: Map<string, string | null>;
};

function changing({ tokens, onlyBots }: Known): Changing {
  return { tokens: new Map(tokens), onlyBots: new Map(onlyBots) };
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
  const all = new Map(stateAt(lookup, partition, account, condition).tokens);
  const loose = new Map<string, ShareMicros>();
  for (const token of new Set(tokens)) {
    const found = stateAt(lookup, partition, account, tokenPlace(token)).tokens.get(token);
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

function stateAt(lookup: Lookup<Entity>, partition: number, account: string, place: string): Known {
  const found = lookup.get(heldKey(partition, account, place));
  return found?.kind === 'held' ? found : NOTHING;
}

type Known = Pick<HeldState, 'tokens' | 'onlyBots'>;

const NOTHING: Known = { tokens: new Map(), onlyBots: new Map() };
