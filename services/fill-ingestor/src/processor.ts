/**
 * The writer: the only processor that puts records on the log. It reads one inbox sequence for each
 * log partition and owns identity (B9), the ladder (B8), enrichment and quarantine (B18).
 *
 * Causes of `ignored`: `duplicate` (the same again), `late` (an earlier rung after a later one),
 * `joined` (a fill that stands on the log under another id). Everything else that is not applied is
 * quarantined with its bytes.
 */

import { codec } from '@polytraders/contracts';
import { type Lookup, type Processor, type Recorded, type Step } from '@polytraders/stream';
import { type Accounts } from './accounts.ts';
import { type InboxEvent } from './inbox-event.ts';
import { emissionsOf, type Entry, EVENTS_TOPIC, QUARANTINE_TOPIC } from './writer/entry.ts';
import { stepFill } from './writer/fills.ts';
import { stepOrder } from './writer/orders.ts';
import { quarantine, QUARANTINE_REASONS } from './writer/quarantine.ts';
import { stepReady } from './writer/ready.ts';
import { type Entity, keysOf } from './writer/state.ts';
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
  'QuarantinedInput',
] as const;

/** The writer for the accounts that are declared. */
export function createWriter(accounts: Accounts): Processor<InboxEvent, Entity, Entry> {
  return {
    id: 'fill-ingestor',
    version: 1,
    consumes: [INBOX],
    produces: [EVENTS_TOPIC, QUARANTINE_TOPIC],
    emits: EMITTED,
    healthSlugs: [],
    codec,
    causes: ['duplicate', 'late', 'joined', ...QUARANTINE_REASONS],
    keys: keysOf,
    // Re-deliveries are judged by content against what is known of the fill, not by place.
    identify: () => null,
    step: (lookup, input) => stepOf(lookup, input, accounts),
    emit: emissionsOf,
    storage,
    meters: [
      {
        name: 'polytraders_gov_fillingestor_quarantined_total',
        help: 'Inputs set aside because they cannot be used.',
        kind: 'counter',
        labels: ['reason'],
        of: (entry) =>
          entry.reason_code === null ? null : { labels: { reason: entry.reason_code }, value: 1 },
      },
    ],
  };
}

function stepOf(
  lookup: Lookup<Entity>,
  { event }: Recorded<InboxEvent>,
  accounts: Accounts,
): Step<Entity, Entry> {
  const { input } = event;
  switch (input.kind) {
    case 'fill':
      return stepFill(event, input, lookup, accounts);
    case 'order':
      return stepOrder(event, input, lookup, accounts);
    case 'record':
      return stepReady(event, input);
    case 'refusal':
      return quarantine(event, { reason: input.reason, because: input.because });
  }
}
