/**
 * Which events are recognised when they come again. Those that would move something a second time
 * have an identity; orders, markets, failures and time have none, because their entities know them
 * and answer that nothing is new.
 */

import { type LedgerEvent } from '@polytraders/contracts';
import { contentString } from '@polytraders/domain';
import { type Identity } from '@polytraders/stream';

/** The event's business id and content, or null. */
export function identify(event: LedgerEvent): Identity | null {
  switch (event.type) {
    case 'FillConfirmed':
      return { id: `confirmed|${event.value.fill_id}`, content: fillContent(event.value) };
    case 'FillMatched': {
      const { fill_id: id, status } = event.value;
      return { id: `matched|${status}|${id}`, content: fillContent(event.value) };
    }
    case 'ReservationRequested': {
      const { value } = event;
      const amounts = [value.quantity_shares, value.amount_pusd, value.max_fee_pusd];
      return {
        id: `request|${value.account}|${value.reservation_id}`,
        content: contentOf([value.token_id, ...amounts, value.expires_at]),
      };
    }
    case 'FillReleased':
    case 'FillReversed':
    case 'PositionsSplit':
    case 'PositionsMerged':
    case 'PositionsConverted':
    case 'PositionsRedeemed':
    case 'TokensTransferred':
    case 'CashMoved':
    case 'OpeningBalance':
      return { id: event.value.event_id, content: contentOf(event.value) };
    default:
      return null;
  }
}

type FillEvent = Extract<LedgerEvent, { readonly type: 'FillMatched' | 'FillConfirmed' }>;

function fillContent(fill: FillEvent['value']): string {
  return contentString(
    fill.account,
    fill.order_id,
    fill.token_id,
    fill.order_side,
    fill.quantity_shares,
    fill.size_pusd,
  );
}

function contentOf(value: object): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'bigint' ? String(part) : part,
  );
}
