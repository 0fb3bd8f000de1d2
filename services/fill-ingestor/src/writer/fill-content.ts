/** What a report says of a fill once its order has been asked, and how two of them compare (B9). */

import {
  compareAcrossSources,
  compareWithinSource,
  type FillContent,
  grossFee,
  isFinal,
} from '@polytraders/domain';
import { TICK } from '../amounts.ts';
import { type FillDraft, type SourceOfRecord } from '../draft.ts';
import { type InboxEvent } from '../inbox-event.ts';
import { type DoubtsState, type FillState, type OpeningState, type OrderState } from './state.ts';

/** A draft whose account, token and side are known, from itself or from its order. */
export type Arriving = {
  readonly event: InboxEvent;
  readonly draft: FillDraft;
  readonly account: string;
  readonly tokenId: string;
  readonly orderSide: 'BUY' | 'SELL';
  readonly order: OrderState | null;
  /** Whether the report itself names the account; else its order does. */
  readonly isNamed: boolean;
  /** The source that spoke first of the account; null where none has. */
  readonly first: SourceOfRecord | null;
  /** The accounts of this partition whose books are in doubt; null where there is none. */
  readonly doubts: DoubtsState | null;
  /** What the account had when its books began; null where nobody has declared it. */
  readonly opening: OpeningState | null;
};

/** Within one source the content must be equal; across sources a tick of cash may lie between. */
export function contradictionOf(arriving: Arriving, known: FillState): string | null {
  if (known.partition !== arriving.event.partition) return 'another account';
  if (known.source !== arriving.draft.source) {
    const differences = compareAcrossSources(contentOf(arriving), contentOfState(known), TICK);
    return differences.length === 0 ? null : differences.join(', ');
  }
  // A transaction may be sent again before the end, so coordinates bind ends only, and so do fees:
  // basis points and the exact amount differ by their nature, whichever comes first or again.
  const isBound = isFinal(known.status) && isFinal(arriving.draft.status);
  const isSameForm = (arriving.draft.feeBps === null) === (known.feeBps === null);
  const content = contentOfState(known);
  const before = {
    ...content,
    coordinates: isBound ? content.coordinates : NOWHERE,
    fee: isBound && isSameForm ? content.fee : null,
  };
  return compareWithinSource(before, contentOf(arriving)) === 'conflict' ? 'other content' : null;
}

const NOWHERE = { txHash: null, orderHash: null, logIndex: null, blockNumber: null };

/** What makes up the fill that arrives. A declared zero is no fee that somebody has seen. */
export function contentOf({ draft, account, tokenId, orderSide }: Arriving): FillContent {
  const { orderId, quantity, notional, txHash, orderHash, logIndex, blockNumber } = draft;
  const coordinates = { txHash, orderHash, logIndex, blockNumber };
  return {
    account,
    orderId,
    tokenId,
    orderSide,
    quantity,
    notional,
    fee: draft.feeSource === 'DECLARED' ? null : feeOf(draft),
    coordinates,
  };
}

/** What makes up the fill that is known. */
export function contentOfState(state: FillState): FillContent {
  const { account, orderId, tokenId, orderSide, quantity, notional, feeSource } = state;
  const { txHash, orderHash, logIndex, blockNumber } = state;
  return {
    account,
    orderId,
    tokenId,
    orderSide,
    quantity,
    notional,
    fee: feeSource === 'DECLARED' ? null : state.fee,
    coordinates: { txHash, orderHash, logIndex, blockNumber },
  };
}

/** The gross fee that a draft states, from an absolute amount or from basis points (B6). */
export function feeOf(draft: FillDraft) {
  const { feePusd, feeBps, notional } = draft;
  return grossFee({ side: draft.side ?? 'taker', notional, feePusd, feeBps, builderFee: null });
}
