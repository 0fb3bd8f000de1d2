/**
 * Which events are recognised when they come again. Those that would move shares a second time,
 * and words about jobs, have an identity; orders, markets, failures of fills and time have none,
 * because what they changed knows them and answers that nothing is new.
 *
 * An identity is remembered by the lines that its event left: one that leaves none of a job or a
 * market leaves a line that says only that it was seen.
 */

import { type LedgerEvent } from '@polytraders/contracts';
import { contentString } from '@polytraders/domain';
import { type Identity } from '@polytraders/stream';
import { toExactJson } from './exact-json.ts';

/** The event's business id and content, or null. */
export function identify(event: LedgerEvent): Identity | null {
  switch (event.type) {
    case 'FillConfirmed':
    case 'FillMatched': {
      const fill = event.value;
      const stage = event.type === 'FillMatched' ? event.value.status : 'CONFIRMED';
      return {
        id: `${stage}|${fill.fill_id}`,
        content: contentString(
          fill.account,
          fill.order_id,
          fill.token_id,
          fill.order_side,
          fill.quantity_shares,
          fill.size_pusd,
        ),
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
    case 'ReservationRequested':
    case 'SettlementJobClaimed':
    case 'SettlementJobFailed':
      return { id: event.value.event_id, content: toExactJson(event.value) };
    default:
      return null;
  }
}
