/**
 * Raw input to draft: pure and total. What it refuses it names, with a sentence; it guesses
 * nothing and looks nothing up.
 */

import { chainFillId } from '@polytraders/domain';
import {
  type PriceE18,
  priceE18,
  priceOfRational,
  pusd,
  rational,
  shares,
} from '@polytraders/money';
import { commandOf } from './commands.ts';
import { type Draft, refuse, type TimeMicros, unknownFill } from './draft.ts';
import { withinBounds } from './door.ts';
import { draftOfExecution } from './execution.ts';
import { movementOf } from './movement-input.ts';
import { namesOf } from './names.ts';
import { type RawFillInput } from './raw.ts';
import { fillOfRow } from './rows.ts';
import { decodeOrderFilled } from './sources/chain-logs.ts';

/** The draft that a raw input amounts to, or why it cannot be used. Never throws. */
export function normalize(raw: RawFillInput): Draft {
  const read = draftOf(raw);
  const draft = withinBounds(read);
  return draft.kind === 'refusal' ? { ...draft, names: namesOf(raw, read) } : draft;
}

function draftOf(raw: RawFillInput): Draft {
  switch (raw.format) {
    case 'execution':
      return draftOfExecution(raw.fields, raw.terms);
    case 'order-filled':
      return fillOfLog(raw);
    case 'movement':
      return movementOf(raw);
    case 'command':
      return commandOf(raw.fields, raw.marketSeq ?? null);
    case 'unusable':
      return {
        ...refuse(raw.reason ?? 'UNDECODABLE_INPUT', raw.because),
        ...(raw.blockNumber == null ? {} : { blockNumber: raw.blockNumber }),
      };
    default:
      return fillOfRow(raw.format, raw.fields, raw.terms);
  }
}

/** What the chain says is a fact and is booked as it is: its amounts are not judged (M1). */
function fillOfLog({
  log,
  terms,
  status,
}: Extract<RawFillInput, { readonly format: 'order-filled' }>): Draft {
  // Which addresses are exchanges, its reader has judged, block by block.
  const event = decodeOrderFilled(log, [log.address.toLowerCase()]);
  if (event === null)
    return refuse('UNDECODABLE_INPUT', 'Expected an OrderFilled log; found another.');
  if (typeof event === 'string') return refuse('UNDECODABLE_INPUT', event);
  const buys = event.side === 'BUY';
  const quantity = shares(buys ? event.takerAmount : event.makerAmount);
  const offered = buys ? event.makerAmount : event.takerAmount;
  const notional = pusd(offered - (log.refund === null ? 0n : BigInt(log.refund)));
  const effectiveAt = secondsOf(log.blockTimestamp);
  return {
    ...unknownFill(),
    source: terms === null ? 'chain' : 'file',
    recipe: 'CHAIN',
    fillId: chainFillId(log.transactionHash, event.orderHash),
    status: status ?? 'CONFIRMED',
    account: event.maker,
    tradingBotId: terms?.bot ?? null,
    fallbackBot: terms === null ? null : 'imported',
    orderId: event.orderHash,
    orderHash: event.orderHash,
    tokenId: event.tokenId,
    orderSide: event.side,
    side: event.role,
    quantity,
    notional,
    price: priceOf(notional, quantity),
    feePusd: pusd(event.fee),
    feeSource: 'CHAIN',
    builderCode: event.builder,
    txHash: log.transactionHash,
    logIndex: integerOf(log.logIndex),
    blockNumber: integerOf(log.blockNumber),
    blockHash: log.blockHash,
    effectiveAt,
    flags: log.refund === null ? ['GOV_CASH_UNVERIFIED'] : [],
    incompleteReasons: effectiveAt === null ? ['GOV_TIME_UNKNOWN'] : [],
  };
}

/** Notional / quantity, half-even at 18 decimals; a fill of no shares has no price but 0. */
function priceOf(notional: bigint, quantity: bigint): PriceE18 {
  return quantity === 0n ? priceE18(0n) : priceOfRational(rational(notional, quantity));
}

/** A quantity of a log in hex (`0x5a99f42`) or decimal. */
function integerOf(text: string | null): number | null {
  if (text === null || !/^(0x[0-9a-f]{1,13}|\d{1,15})$/i.test(text)) return null;
  return Number(text); // tidy-ok: a block or log number, never money.
}

function secondsOf(text: string | null): TimeMicros | null {
  const seconds = integerOf(text);
  return seconds === null ? null : seconds * 1_000_000;
}
