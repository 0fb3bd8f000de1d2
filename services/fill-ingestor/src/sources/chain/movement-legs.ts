/**
 * The legs that a movement stands for, read from the record that goes out. They share nothing with
 * how it was made, so their sum against the transfers of the transaction is a proof.
 */

import { parseMicros } from '@polytraders/money';
import { type JsonRecord, type JsonText } from '../../raw.ts';
import { type Legs, type Movement } from './movement-values.ts';

/** Adds the shares and the pUSD that a movement moved. */
export function addLegs({ type, value }: Movement, legs: Legs): void {
  switch (type) {
    case 'PositionsSplit':
      legs.pusd -= micros(value['amount_pusd']);
      return addTokens(legs, value['legs'], 1n);
    case 'PositionsMerged':
      legs.pusd += micros(value['amount_pusd']);
      return addTokens(legs, value['legs'], -1n);
    case 'PositionsRedeemed':
      legs.pusd += micros(value['payout_pusd']);
      return addTokens(legs, value['legs'], -1n);
    case 'PositionsConverted':
      legs.pusd += micros(value['payout_pusd']);
      addTokens(legs, value['legs_out'], -1n);
      return addTokens(legs, value['legs_in'], 1n);
    case 'TokensTransferred':
      return addTokens(legs, [value], value['direction'] === 'IN' ? 1n : -1n);
    case 'CashMoved':
      legs.pusd += micros(value['amount_pusd']);
  }
}

/** Adds to what is known of a token; what comes to nothing is not kept. */
export function addToken(legs: Legs, tokenId: string, quantity: bigint): void {
  const now = (legs.tokens.get(tokenId) ?? 0n) + quantity;
  if (now === 0n) legs.tokens.delete(tokenId);
  else legs.tokens.set(tokenId, now);
}

export function noLegs(): Legs {
  return { tokens: new Map(), pusd: 0n };
}

export function sameLegs(one: Legs, two: Legs): boolean {
  const isEqual = one.pusd === two.pusd && one.tokens.size === two.tokens.size;
  return (
    isEqual && [...one.tokens].every(([token, quantity]) => two.tokens.get(token) === quantity)
  );
}

function addTokens(legs: Legs, json: JsonText | undefined, sign: bigint): void {
  if (!Array.isArray(json)) return;
  for (const leg of json as readonly JsonRecord[]) {
    const { token_id: token } = leg;
    if (typeof token === 'string') addToken(legs, token, sign * micros(leg['quantity_shares']));
  }
}

function micros(text: JsonText | undefined): bigint {
  const amount = typeof text === 'string' ? parseMicros(text) : 'NOT_A_TEXT';
  // What we have just printed can be read; anything else shows in the sum.
  return typeof amount === 'bigint' ? amount : 0n;
}
