/**
 * The writer: the only processor that puts records on the log. It reads one inbox sequence for each
 * log partition and owns identity (B9), the ladder (B8), enrichment and quarantine (B18).
 *
 * Causes of `ignored`: `duplicate` (the same again), `late` (an earlier rung after a later one),
 * `joined` (a fill that stands on the log under another id), `empty` (a redemption of nothing),
 * `refused` (an approval of reports, which partition 0 has set aside for all).
 * Everything else that is not applied is quarantined with its bytes.
 */

import { codec } from '@polytraders/contracts';
import { type Processor } from '@polytraders/stream';
import { type Accounts } from './accounts.ts';
import { type WriterRules } from './writer/commands.ts';
import { type InboxEvent } from './inbox-event.ts';
import { emissionsOf, type Entry, EVENTS_TOPIC, QUARANTINE_TOPIC } from './writer/entry.ts';
import { keysOf, keysThen } from './writer/keys.ts';
import { QUARANTINE_REASONS } from './writer/quarantine.ts';
import { type Entity } from './writer/state.ts';
import { stepInput } from './writer/step.ts';
import { storage } from './writer/storage.ts';

/** Logical name of the writer's input: the inbox, in the place of a topic. */
export const INBOX = 'ingest.inbox';

/** Every record that the writer makes. */
const EMITTED = [
  'OrderOpened',
  'OrderClosed',
  'FillMatched',
  'FillConfirmed',
  'FillFailed',
  'MarketDefined',
  'ParametersChanged',
  'KillSwitchChanged',
  'TimeAdvanced',
  'MarketStatusChanged',
  'MarketResolved',
  'PositionsSplit',
  'PositionsMerged',
  'PositionsConverted',
  'PositionsRedeemed',
  'TokensTransferred',
  'CashMoved',
  'OpeningBalance',
  'ReservationRequested',
  'SettlementJobClaimed',
  'SettlementJobFailed',
  'FillReleased',
  'FillReversed',
  'ReportReleased',
  'ChainBalancesObserved',
  'WindowClosed',
  'WindowBalancesComplete',
  'QuarantinedInput',
] as const;

/** The writer for the accounts that are declared. */
export function createWriter(
  accounts: Accounts,
  rules: WriterRules = { secondApprover: false },
): Processor<InboxEvent, Entity, Entry> {
  return {
    id: 'fill-ingestor',
    version: 1,
    consumes: [INBOX],
    produces: [EVENTS_TOPIC, QUARANTINE_TOPIC],
    emits: EMITTED,
    healthSlugs: [],
    codec,
    causes: ['duplicate', 'late', 'joined', 'empty', 'refused', ...QUARANTINE_REASONS],
    keys: keysOf,
    keysThen,
    // Re-deliveries are judged by content against what is known of the fill, not by place.
    identify: () => null,
    step: (lookup, input) => stepInput(lookup, input, accounts, rules),
    emit: emissionsOf,
    storage,
    meters: [
      {
        name: 'polytraders_gov_fillingestor_quarantined_total',
        help: 'Inputs set aside because they cannot be used.',
        kind: 'counter',
        labels: ['reason'],
        of: (entry) =>
          entry.record_type === 'QuarantinedInput'
            ? { labels: { reason: entry.reason_code ?? '' }, value: 1 }
            : null,
      },
    ],
  };
}
