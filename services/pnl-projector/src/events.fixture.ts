/** Events for tests: a believable fill, of which a test says only what it is about. */

import {
  type FillConfirmed,
  type LedgerEvent,
  type ParametersChanged,
} from '@polytraders/contracts';
import { priceE18, pusd, shares } from '@polytraders/money';
import { type Recorded } from '@polytraders/stream';
import { type Mode, partitionOfAccount } from './entities.ts';

export const ACCOUNT = '0x5f0c2d1e3b4a59687786a5b4c3d2e1f00f1e2d3c';
export const PAPER_ACCOUNT = `paper:${ACCOUNT}`;
export const TOKEN =
  '73716170047628147940237270507900673332129573201293655532643868111690843426372';
export const CONDITION = '0xfc690d5069b296bb9278af0cba42c02666e0999e4a4009ed97ea4a885f045457';

/** 2026-05-08T12:00:00Z. */
export const NOON = 1_778_241_600_000_000;

/** 100 shares bought at 0.50 by a taker at 25 bps, marked at nothing. */
export function fillConfirmed(said: Partial<FillConfirmed> = {}): FillConfirmed {
  const fillId = said.fill_id ?? 'f1';
  return {
    event_id: `evt_${fillId}`,
    correlation_id: `cor_${fillId}`,
    causation_id: null,
    producer: 'fill-ingestor/1',
    effective_at: NOON,
    recorded_at: NOON + 500_000,
    fill_id: fillId,
    order_id: `ord_${fillId}`,
    order_hash: null,
    account: ACCOUNT,
    trading_bot_id: 'mm',
    condition_id: CONDITION,
    venue_market_id: null,
    token_id: TOKEN,
    side: 'taker',
    order_side: 'BUY',
    quantity_shares: shares(100_000_000n),
    size_pusd: pusd(50_000_000n),
    price: priceE18(500_000_000_000_000_000n),
    fee_source: 'MATCH_EVENT',
    fee_pusd: null,
    fee_bps: 25,
    fee_declared_by: null,
    builder_code: null,
    builder_fee_pusd: null,
    builder_fee_bps: null,
    strategy_slug: null,
    user_id: null,
    neg_risk: false,
    neg_risk_source: 'GIVEN',
    neg_risk_given: false,
    neg_risk_market_id: null,
    rebate_rate: null,
    marks: [],
    identity_recipe: 'BUS',
    source: 'bus',
    source_position: `polytraders.reports.execution/0/${fillId}`,
    joined_sources: [],
    tx_hash: null,
    block_number: null,
    block_hash: null,
    log_index: null,
    matched_at: null,
    confirmed_at: NOON,
    paper: false,
    flags: [],
    incomplete_reasons: [],
    ...said,
  };
}

/** Parameters of the reporter, in general_live unless said otherwise. */
export function parametersChanged(
  mode: Mode,
  settings: Readonly<Record<string, string>> = {},
  processor = 'pnl-projector',
): ParametersChanged {
  return {
    event_id: `evt_parameters_${mode}`,
    correlation_id: 'cor_parameters',
    causation_id: null,
    producer: 'fill-ingestor/1',
    effective_at: NOON,
    recorded_at: NOON,
    market_seq: 1,
    processor,
    mode,
    parameters: Object.entries(settings).map(([name, value]) => ({ name, value })),
    changed_by: 'deploy',
  };
}

/** The event at its place in the account's partition of the log. */
export function at(event: LedgerEvent, offset: number, account = ACCOUNT): Recorded<LedgerEvent> {
  const partition = partitionOfAccount(account);
  return { event, topic: 'polytraders.ledger.events', partition, offset };
}

/** Fills as a log: each in the partition of its account, offsets ascending by partition. */
export function logOf(fills: readonly FillConfirmed[]): readonly Recorded<LedgerEvent>[] {
  const next = new Map<number, number>();
  return fills.map((value) => {
    const partition = partitionOfAccount(value.account);
    const offset = next.get(partition) ?? 0;
    next.set(partition, offset + 1);
    return at({ type: 'FillConfirmed', value }, offset, value.account);
  });
}
