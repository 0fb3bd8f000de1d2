/**
 * Identity and content of movements (B9). Place within transaction and account: the condition; of a
 * conversion event and index set; of a transfer token, direction and counterparty; of cash its kind
 * and condition. A reader nets what is told twice of one place, so that it is unique.
 * Content is type, amounts and legs; where it stood in its block, and when, is not.
 */

import { type Records, toJson } from '@polytraders/contracts';
import { type MovementDraft, type MovementValue, type TokenLeg } from '../draft.ts';
import { type MovementType } from '../raw.ts';
import { type Moved, type MovedState } from './state.ts';

/** Where a movement stands within its transaction and account. */
export function placeIn({ type, value }: MovementValue): string {
  switch (type) {
    case 'PositionsSplit':
    case 'PositionsMerged':
    case 'PositionsRedeemed':
      return [type, value.condition_id].join('|');
    case 'PositionsConverted':
      return [type, value.neg_risk_market_id, value.index_set ?? ''].join('|');
    case 'TokensTransferred':
      return [type, value.token_id, value.direction, value.counterparty].join('|');
    case 'CashMoved':
      return [type, value.kind, value.condition_id ?? ''].join('|');
  }
}

const CONTENT: Readonly<Record<MovementType, readonly string[]>> = {
  PositionsSplit: ['amount_pusd', 'legs'],
  PositionsMerged: ['amount_pusd', 'legs'],
  PositionsRedeemed: ['payout_pusd', 'legs'],
  PositionsConverted: ['amount_shares', 'payout_pusd', 'index_set', 'legs_out', 'legs_in'],
  TokensTransferred: ['quantity_shares', 'basis_pusd'],
  CashMoved: ['amount_pusd'],
};

type Content = Readonly<Record<string, string | null>>;

/** The content of a whole movement, as JSON. */
export function contentOf(movement: MovementValue): string {
  return JSON.stringify(contentIn(movement));
}

/**
 * What a movement says otherwise than the one that stands on the log. What either does not say is
 * no difference.
 */
export function differencesOf(movement: MovementValue, told: Moved): readonly string[] {
  const before = JSON.parse(told.content) as Content;
  return Object.entries(contentIn(movement)).flatMap(([name, value]) => {
    const known = before[name] ?? null;
    return value === null || known === null || known === value ? [] : [name];
  });
}

/**
 * The movement that a draft tells again; null where it tells a new one. An export does not know
 * the index set of a conversion, so it tells the one of its event and amounts. The chain does not
 * know what cash was for, so two sources that tell one amount of one transaction tell one thing.
 */
export function toldIn(state: MovedState, draft: MovementDraft): Moved | null {
  const same = state.places.get(placeIn(draft));
  if (same !== undefined) return same;
  const isAlike = (told: Moved): boolean =>
    told.type === draft.type && differencesOf(draft, told).length === 0;
  if (draft.type === 'PositionsConverted' && draft.value.index_set === null) {
    const start = placeIn(draft);
    const found = [...state.places].find(([place, one]) => place.startsWith(start) && isAlike(one));
    return found?.[1] ?? null;
  }
  if (draft.type !== 'CashMoved') return null;
  const others = [...state.places.values()].filter((one) => one.source !== draft.source);
  return others.find(isAlike) ?? null;
}

function contentIn({ type, value }: MovementValue): Content {
  const json = toJson(type, value as unknown as Records[typeof type]);
  return Object.fromEntries(
    CONTENT[type].map((name) => {
      const found = json[name] ?? null;
      if (found === null || typeof found === 'string') return [name, found];
      return [name, legsText(found as unknown as readonly Leg[])];
    }),
  );
}

type Leg = { readonly [Name in keyof Pick<TokenLeg, 'token_id' | 'quantity_shares'>]: string };

function legsText(legs: readonly Leg[]): string {
  const texts = legs.map((one) => `${one.token_id}=${one.quantity_shares}`);
  return texts.sort().join(' ');
}
