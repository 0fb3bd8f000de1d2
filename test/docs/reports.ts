/**
 * The question `reports of a confirmed fill, then the same fill again`, answered by driving
 * pnl-projector in memory: for each event of the log the reports that it caused, or `none`, and
 * the cause where it was quarantined, a duplicate or a conflict.
 */

import {
  type FillConfirmed,
  LEDGER_PARTITIONS,
  type LedgerEvent,
  partitionOf,
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
  'a paper fill': confirmed({ paper: true, account: paperAccount(fill.account) }),
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
      const reports = driven.emitted.map(({ record }) => titleOf(record.value));
      const said = reports.length === 0 ? 'none' : reports.join(', ');
      const outcome = driven.outcomes[0] ?? { outcome: 'ignored', because: '' };
      if (outcome.outcome === 'applied' || outcome.outcome === 'ignored') return said;
      const isOurs = outcome.outcome === 'quarantined';
      return `${said}, ${isOurs ? outcome.because : outcome.outcome}`;
    })
    .join('; ');
}

/** Parameters are on every partition; here on that of the account. */
function accountOf(event: LedgerEvent): string {
  return 'account' in event.value ? event.value.account : fill.account;
}

function switchTo(mode: 'shadow_only' | 'limited_live'): LedgerEvent {
  const change = fixture('ParametersChanged');
  return { type: 'ParametersChanged', value: { ...change, processor: processor.id, mode } };
}

function titleOf(report: object): string {
  const { event_type: type, publication } = report as Readonly<Record<string, unknown>>;
  return publication === 'HELD' ? `${String(type)} (HELD)` : String(type);
}
