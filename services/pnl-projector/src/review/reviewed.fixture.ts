/** Reviewed commands for tests, of which a test says only what it is about. */

import {
  type FillConfirmed,
  type FillReleased,
  type FillReversed,
  type ReportReleased,
} from '@polytraders/contracts';
import { pusd } from '@polytraders/money';
import { partitionOfAccount } from '../entities.ts';
import { NOON } from '../events.fixture.ts';

type Fill = Pick<
  FillConfirmed,
  | 'fill_id'
  | 'event_id'
  | 'correlation_id'
  | 'account'
  | 'trading_bot_id'
  | 'condition_id'
  | 'token_id'
  | 'confirmed_at'
  | 'paper'
>;

/** An hour after the fills of the fixtures. */
export const REVIEWED_AT = NOON + 3_600_000_000;

function facts(fill: Fill, name: string) {
  return {
    event_id: `evt_${name}_${fill.fill_id}`,
    correlation_id: fill.correlation_id,
    causation_id: null,
    producer: 'fill-ingestor/1',
    effective_at: fill.confirmed_at,
    recorded_at: REVIEWED_AT,
    fill_id: fill.fill_id,
    account: fill.account,
    original_event_id: fill.event_id,
    original_partition: partitionOfAccount(fill.account),
    original_offset: null,
    trading_bot_id: fill.trading_bot_id,
    condition_id: fill.condition_id,
    token_id: fill.token_id,
    confirmed_at: fill.confirmed_at,
    paper: fill.paper,
    proposed_by: 'ops',
    approved_by: 'finance',
    source: 'commands',
    source_position: `polytraders.ledger.commands/0/${name}`,
  } as const;
}

/** The fill is booked at a fee of 0.125 pUSD. */
export function fillReleased(fill: Fill, said: Partial<FillReleased> = {}): FillReleased {
  const fee = { fee_pusd: pusd(125_000n), builder_fee_pusd: null };
  return { ...facts(fill, 'released'), ...fee, reason: 'fee told by the venue', ...said };
}

/** The fill is taken back. */
export function fillReversed(fill: Fill, said: Partial<FillReversed> = {}): FillReversed {
  return { ...facts(fill, 'reversed'), reason: 'traded by mistake of the venue', ...said };
}

/** Reports that the mode has held below an offset are released. */
export function modeHeldReleased(
  until: number,
  said: Partial<ReportReleased> = {},
): ReportReleased {
  return {
    event_id: `evt_mode_held_${String(until)}`,
    correlation_id: 'cor_mode_held',
    causation_id: null,
    producer: 'fill-ingestor/1',
    effective_at: REVIEWED_AT,
    recorded_at: REVIEWED_AT,
    market_seq: 7,
    release_kind: 'MODE_HELD',
    report_ids: [],
    until_offset: until,
    proposed_by: 'ops',
    approved_by: 'finance',
    reason: 'compared for a week',
    source: 'commands',
    source_position: 'polytraders.ledger.commands/0/1',
    ...said,
  };
}
