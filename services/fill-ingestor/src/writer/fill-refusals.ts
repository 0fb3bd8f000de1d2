/** Reports of fills that are set aside, each with its sentence and with what it contradicts. */

import { type Step } from '@polytraders/stream';
import { type FillDraft } from '../draft.ts';
import { type InboxEvent } from '../inbox-event.ts';
import { doubtPuts } from './doubts.ts';
import { type Entry } from './entry.ts';
import { type Arriving } from './fill-content.ts';
import { quarantine, type QuarantineReason } from './quarantine.ts';
import { type Entity, type FillState, type OpeningState, type OrderState } from './state.ts';

type Outcome = Step<Entity, Entry>;

/** A confirmed bus fill of an account with a second source must say where it stands. */
export function needsCoordinates(arriving: Arriving): Outcome {
  return setAside(
    arriving,
    null,
    'INCOMPLETE_INPUT',
    `Expected tx_hash and order_hash on a confirmed fill of ${arriving.account}, which ` +
      `other sources report too; found none.`,
  );
}

/** Neither the report nor an order knows whose fill of what it is. */
export function incomplete(event: InboxEvent, draft: FillDraft): Outcome {
  const missing = [
    ...(draft.account === null ? ['account'] : []),
    ...(draft.tokenId === null ? ['token_id'] : []),
    ...(draft.orderSide === null ? ['order_side'] : []),
  ].join(', ');
  const because =
    `Expected ${missing} on the report or an order ${draft.orderId ?? ''} ` +
    `that was opened; found neither.`;
  const { account, fillId, orderId } = draft;
  return quarantine(event, { reason: 'INCOMPLETE_INPUT', because, account, fillId, orderId });
}

/**
 * A report that says of itself what its order contradicts; null where the two agree. What was
 * pretended and what was traded never meet: a paper order has paper fills only (B16). A report
 * without an account cannot say that it is real, so false is what its order is.
 */
export function contradictsOrder(
  event: InboxEvent,
  draft: FillDraft,
  order: OrderState,
): Outcome | null {
  const { account, fillId, orderId } = draft;
  const aside = (expected: string): Outcome => {
    const because = `Expected the fill of order ${order.orderId} to be ${expected}.`;
    return quarantine(event, { reason: 'INVALID_INPUT', because, account, fillId, orderId });
  };
  if (order.paper !== draft.paper && (account !== null || draft.paper)) {
    const [ordered, filled] = order.paper ? ['paper', 'real'] : ['real', 'paper'];
    return aside(`${ordered} as the order is; found a ${filled} one`);
  }
  const pairs = [
    ['of account', order.account, account],
    ['of token', order.tokenId, draft.tokenId],
    ['a', order.orderSide, draft.orderSide],
  ] as const;
  for (const [what, ordered, found] of pairs) {
    if (ordered === null || found === null || ordered === found) continue;
    return aside(`${what} ${ordered} as the order is; found ${found}`);
  }
  return null;
}

/**
 * A report without an account went to the partition of nobody, because its order was not known when
 * it was read; by now it is, and belongs to another one.
 */
export function early(event: InboxEvent, draft: FillDraft): Outcome {
  const { account, fillId, orderId } = draft;
  const because =
    `Expected order ${orderId ?? ''} before its fill ${fillId}, which names no account; found ` +
    `the fill first. Send it again.`;
  return quarantine(event, { reason: 'INCOMPLETE_INPUT', because, account, fillId, orderId });
}

/** News under an id that points to another fill, without the place that the two share. */
export function placeless(arriving: Arriving, alias: FillState): Outcome {
  const { status, txHash, orderHash } = arriving.draft;
  const of = alias.joinedTo ?? '';
  if (txHash !== null && orderHash !== null) {
    const because =
      `Expected ${status} of fill ${alias.fillId} at the place that it shares with fill ${of}, ` +
      `as which it stands on the log; found another place. Tell it under ${of}.`;
    return setAside(arriving, alias, 'INCOMPLETE_INPUT', because);
  }
  return setAside(
    arriving,
    alias,
    'INCOMPLETE_INPUT',
    `Expected tx_hash and order_hash on ${status} of fill ${alias.fillId}, which ` +
      `stands on the log as ${of}; found none. Send it again with both.`,
  );
}

/** Another content under the same id of the same source. */
export function contradicts(arriving: Arriving, known: FillState, what: string): Outcome {
  return setAside(
    arriving,
    known,
    'GOV_FILL_CONFLICT',
    `Expected the content that fill ${known.fillId} was first told with; found ${what}.`,
  );
}

/** Another content under the same place of another source. */
export function mismatch(
  arriving: Arriving,
  known: FillState,
  differences: readonly string[],
): Outcome {
  const what = differences.length === 0 ? 'two final fills' : `another ${differences.join(', ')}`;
  return setAside(
    arriving,
    known,
    'GOV_FILL_MISMATCH',
    `Expected two sources to tell the same of fill ${known.fillId}; found ${what}.`,
  );
}

/** CONFIRMED after FAILED, or FAILED after CONFIRMED (B8), whoever told which. */
export function opposite(
  arriving: Arriving,
  known: FillState,
  before: FillState['toldEnd'],
): Outcome {
  return setAside(
    arriving,
    known,
    'GOV_FILL_STATUS_CONFLICT',
    `Expected no end of fill ${known.fillId} after ${before ?? ''}; found ` +
      `${arriving.draft.status}.`,
  );
}

/** A fill that was booked before anybody named its block: that lies inside the opening balance. */
export function countedTwice(
  arriving: Arriving,
  known: FillState,
  { block }: OpeningState,
): Outcome {
  const { event, draft, account, doubts } = arriving;
  const reason = 'GOV_BEFORE_OPENING';
  const because =
    `Expected fill ${known.fillId}, which is booked, after the opening balance of block ` +
    `${String(block)}; found it in block ${String(draft.blockNumber)}, so that it counts twice. ` +
    `Take it out of the books by REVERSE_FILL.`;
  const step = setAside(arriving, known, reason, because);
  if (step.outcome !== 'quarantined') return step;
  return { ...step, puts: doubtPuts(event, account, doubts, reason) };
}

/** Reasons after which nobody knows what the account holds, until an operator decides (B8, B9). */
const DOUBTFUL: readonly QuarantineReason[] = ['GOV_FILL_STATUS_CONFLICT', 'GOV_FILL_MISMATCH'];

/** Sets the report aside, beside the known fill that it contradicts. */
export function setAside(
  arriving: Arriving,
  known: FillState | null,
  reason: QuarantineReason,
  because: string,
): Outcome {
  const { event, draft, account } = arriving;
  const against =
    known === null ? {} : { conflictsWith: { eventId: known.eventId, bytes: known.bytes } };
  const { fillId, orderId } = draft;
  const step = quarantine(event, { reason, because, account, fillId, orderId, ...against });
  if (step.outcome !== 'quarantined' || !DOUBTFUL.includes(reason)) return step;
  return { ...step, puts: doubtPuts(event, account, arriving.doubts, reason) };
}
