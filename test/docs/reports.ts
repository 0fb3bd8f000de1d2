/**
 * The question `reports of a confirmed fill, then the same fill again`, answered by driving
 * pnl-projector in memory: for each event of the log the reports that it caused, or `none`, and
 * the cause where it was quarantined, a duplicate or a conflict.
 */

import {
  type FillConfirmed,
  type FillReleased,
  LEDGER_PARTITIONS,
  type LedgerEvent,
  type MarketResolved,
  partitionOf,
  TOPICS,
} from '@polytraders/contracts';
import { fixture } from '@polytraders/contracts/fixtures';
import { paperAccount } from '@polytraders/domain';
import { createDriver } from '@polytraders/stream';
import { processor } from '@polytraders/pnl-projector/processor';
import { exactPusd } from './exact.ts';

const fill: FillConfirmed = { ...fixture('FillConfirmed'), paper: false };
const confirmed = (change: Partial<FillConfirmed>): LedgerEvent => ({
  type: 'FillConfirmed',
  value: { ...fill, ...change },
});
const payless = {
  fee_pusd: null,
  fee_bps: null,
  fee_source: null,
  builder_fee_pusd: null,
} as const;

const events: Readonly<Record<string, LedgerEvent>> = {
  'a confirmed fill': confirmed({}),
  'the same fill again': confirmed({}),
  'the same id with another size': confirmed({ size_pusd: exactPusd('501') }),
  'another confirmed fill': confirmed({ fill_id: 'another' }),
  'a confirmed fill without fee': confirmed({ ...payless, fill_id: 'without' }),
  'a confirmed fill at 110 bps': confirmed({
    ...payless,
    fill_id: 'over',
    side: 'taker',
    fee_bps: 110,
    fee_source: 'MATCH_EVENT',
  }),
  'the release of it': reviewed('FillReleased', 'without'),
  'the release of the other one': reviewed('FillReleased', 'over'),
  'another release of it': reviewed('FillReleased', 'without', { fee_pusd: exactPusd('2') }),
  'a release of it': reviewed('FillReleased', fill.fill_id),
  'its reversal': reviewed('FillReversed', fill.fill_id),
  'its reversal again': reviewed('FillReversed', fill.fill_id),
  'the reversal of it': reviewed('FillReversed', 'without'),
  'a release of what was held': {
    type: 'ReportReleased',
    value: { ...fixture('ReportReleased'), release_kind: 'MODE_HELD', until_offset: 100 },
  },
  'a paper fill': confirmed({ paper: true, account: paperAccount(fill.account) }),
  'a resolution': resolved({}),
  'the same resolution again': resolved({}),
  'a resolution of another market': resolved({ condition_id: `0x${'9'.repeat(64)}` }),
  'a redemption': {
    type: 'PositionsRedeemed',
    value: {
      ...fixture('PositionsRedeemed'),
      account: fill.account,
      condition_id: fill.condition_id ?? '',
      payout_pusd: fill.quantity_shares as never,
      legs: [
        {
          token_id: fill.token_id,
          outcome_index: 0,
          quantity_shares: fill.quantity_shares,
          payout_pusd: null,
        },
      ],
    },
  },
  'a deposit': {
    type: 'CashMoved',
    value: { ...fixture('CashMoved'), account: fill.account },
  },
  'its definition': {
    type: 'MarketDefined',
    value: {
      ...fixture('MarketDefined'),
      condition_id: fill.condition_id ?? '',
      tokens: [
        { token_id: fill.token_id, outcome: 'Yes' },
        { token_id: '2', outcome: 'No' },
      ],
    },
  },
  'a matched fill': { type: 'FillMatched', value: fixture('FillMatched') },
  'a failed fill': { type: 'FillFailed', value: fixture('FillFailed') },
  'a switch to shadow_only': switchTo('shadow_only'),
  'a switch to limited_live': switchTo('limited_live'),
};

/** What the reports of these events are, an answer for each. */
export function reportsOf(names: string): string {
  const { drive } = createDriver(processor);
  return names
    .split(', then ')
    .map((name, offset) => {
      const event = events[name];
      if (event === undefined) return `an event that nobody knows (${name})`;
      const partition = partitionOf(accountOf(event), LEDGER_PARTITIONS);
      const driven = drive([{ event, topic: processor.consumes[0] ?? '', partition, offset }]);
      // A report of a market goes to its recipients' topics, too; here is the record.
      const record = driven.emitted.filter(({ topic }) => topic === TOPICS.settlementReports.name);
      const reports = record.map(({ record: { value } }) => titleOf(value));
      const said = reports.length === 0 ? 'none' : reports.join(', ');
      const outcome = driven.outcomes[0] ?? { outcome: 'ignored', because: '' };
      if (outcome.outcome === 'applied' || outcome.outcome === 'ignored') return said;
      const isOurs = outcome.outcome === 'quarantined';
      return `${said}, ${isOurs ? outcome.because : outcome.outcome}`;
    })
    .join('; ');
}

/** A reviewed command about a fill of this page. */
function reviewed(
  type: 'FillReleased' | 'FillReversed',
  fillId: string,
  change: Partial<FillReleased> = {},
): LedgerEvent {
  const { account, token_id, condition_id, trading_bot_id } = fill;
  const of = { account, token_id, condition_id, trading_bot_id, fill_id: fillId };
  return { type, value: { ...fixture(type), ...of, ...change } } as unknown as LedgerEvent;
}

/** Parameters are on every partition; here on that of the account. */
function accountOf(event: LedgerEvent): string {
  return 'account' in event.value ? event.value.account : fill.account;
}

function resolved(change: Partial<MarketResolved>): LedgerEvent {
  const condition_id = fill.condition_id ?? '';
  const value = { ...fixture('MarketResolved'), condition_id, payout_numerators: ['1', '0'] };
  return { type: 'MarketResolved', value: { ...value, ...change } };
}

function switchTo(mode: 'shadow_only' | 'limited_live'): LedgerEvent {
  const change = fixture('ParametersChanged');
  return { type: 'ParametersChanged', value: { ...change, processor: processor.id, mode } };
}

function titleOf(report: object): string {
  const { event_type: type, publication } = report as Readonly<Record<string, unknown>>;
  return publication === 'HELD' ? `${String(type)} (HELD)` : String(type);
}
