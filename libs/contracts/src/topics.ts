/**
 * The topic catalogue: every topic once, with its records, key, writer and settings. Services take
 * names from here, `npm run topics` creates from here, and a test holds it against the schemas.
 *
 * Names are logical; the physical name is TOPIC_PREFIX in front of it (`physicalTopic`). What is
 * promised in contracts.md (12 partitions, unlimited retention) never changes: the partition of a
 * key is part of the order of the books.
 */

import { LEDGER_EVENT_TYPES } from './events.ts';
import { type RecordType } from './generated/records.ts';

export type Topic = {
  readonly name: string;
  /** Records that may stand on it; none for progress, which is the runtime's own JSON. */
  readonly records: readonly RecordType[];
  /** What the key is, in words. */
  readonly key: string;
  readonly writtenBy: string;
  /** False: others write it and own its settings. We create it only where it is absent. */
  readonly ours: boolean;
  readonly partitions: number;
  readonly cleanup: 'delete' | 'compact';
  /** Days that records are kept; null keeps them for ever. */
  readonly retentionDays: number | null;
};

/** The log and the record of reports keep this number of partitions for ever. */
export const LEDGER_PARTITIONS = 12;
/** Name of the log. */
export const LEDGER_EVENTS_NAME = 'polytraders.ledger.events';
const FEW_PARTITIONS = 3;
const DAY_MS = 86_400_000;

/** Processors that publish, and so keep progress of their output. */
const PUBLISHERS = [
  'fill-ingestor',
  'pnl-projector',
  'inventory-reserver',
  'settlement-planner',
  'revenue-reconciler',
] as const;

export const TOPICS = {
  executionReports: topic('polytraders.reports.execution', ['ExecutionReport'], {
    key: 'account',
    writtenBy: 'trading systems',
    ours: false,
    retentionDays: 30,
  }),
  operationsReports: topic('polytraders.reports.operations', ['OperationsReport'], {
    key: 'bot_id',
    writtenBy: 'the kill switch',
    ours: false,
    partitions: 1,
    retentionDays: 30,
  }),
  marks: topic('polytraders.market.marks', ['MarkObserved'], {
    key: 'token_id',
    writtenBy: 'market data, or our venue source',
    ours: false,
    partitions: FEW_PARTITIONS,
    cleanup: 'compact',
  }),
  marketDefinitions: topic('polytraders.market.definitions', ['MarketDefinition'], {
    key: 'condition_id',
    writtenBy: 'market data, or our venue source',
    ours: false,
    partitions: FEW_PARTITIONS,
    cleanup: 'compact',
  }),
  commands: topic('polytraders.ledger.commands', ['LedgerCommand'], {
    key: 'account, or *',
    writtenBy: 'polytraders CLI, ledger-api',
    partitions: FEW_PARTITIONS,
    retentionDays: 30,
  }),
  ledgerEvents: topic(LEDGER_EVENTS_NAME, LEDGER_EVENT_TYPES, {
    key: 'account',
    writtenBy: 'fill-ingestor',
  }),
  quarantine: topic('polytraders.ledger.quarantine', ['QuarantinedInput'], {
    key: 'source',
    writtenBy: 'fill-ingestor',
    partitions: FEW_PARTITIONS,
  }),
  settlementReports: topic('polytraders.reports.settlement', ['SettlementReport'], {
    key: 'account; bot_id for window and revenue reports',
    writtenBy: 'pnl-projector, revenue-reconciler',
  }),
  financeTeam: recipient('polytraders.reports.finance_team'),
  governanceAudit: recipient('polytraders.reports.governance_audit'),
  postTradeArchive: recipient('polytraders.reports.post_trade_archive'),
  dashboard: topic('polytraders.reports.dashboard', ['SettlementReport'], {
    key: 'bot_id',
    writtenBy: 'pnl-projector',
    partitions: FEW_PARTITIONS,
    retentionDays: 30,
  }),
  balances: topic('polytraders.inventory.balances', ['BalanceChanged'], {
    key: 'account/token_id',
    writtenBy: 'inventory-reserver',
    cleanup: 'compact',
  }),
  reservations: topic('polytraders.inventory.reservations', ['ReservationChanged'], {
    key: 'reservation_id',
    writtenBy: 'inventory-reserver',
    cleanup: 'compact',
  }),
  settlementJobs: topic('polytraders.settlement.jobs', ['SettlementJob'], {
    key: 'job_id',
    writtenBy: 'settlement-planner',
    partitions: FEW_PARTITIONS,
    cleanup: 'compact',
  }),
  alerts: topic('polytraders.alerts', ['Alert'], {
    key: 'bot_id',
    writtenBy: 'each service its own',
    partitions: FEW_PARTITIONS,
    retentionDays: 30,
  }),
} as const;

/** What publishes with one input for all partitions: the fold over all of them. */
export const WINDOWS_PROCESSOR = 'pnl-windows';

/** Every topic, progress topics included. */
export function allTopics(): readonly Topic[] {
  return [
    ...Object.values(TOPICS),
    ...PUBLISHERS.map((processor) => progressTopic(processor)),
    progressTopic(WINDOWS_PROCESSOR, 1),
  ];
}

/** Where a processor's publishers record how far they are: one partition an input partition. */
export function progressTopic(processor: string, partitions: number = LEDGER_PARTITIONS): Topic {
  return topic(`polytraders.stream.progress.${processor}`, [], {
    key: 'input partition',
    writtenBy: processor,
    cleanup: 'compact',
    partitions,
  });
}

/** The name on the cluster: the prefix, then the logical name. */
export function physicalTopic(prefix: string, logicalName: string): string {
  return `${prefix}${logicalName}`;
}

/** The settings that a topic is created with and checked for, as Kafka names them. */
export function topicSettings(of: Topic): Readonly<Record<string, string>> {
  const retention = of.retentionDays === null ? '-1' : String(of.retentionDays * DAY_MS);
  return {
    'cleanup.policy': of.cleanup,
    'retention.ms': retention,
    'retention.bytes': '-1',
    'unclean.leader.election.enable': 'false',
  };
}

type Options = {
  readonly key: string;
  readonly writtenBy: string;
  readonly ours?: boolean;
  readonly partitions?: number;
  readonly cleanup?: Topic['cleanup'];
  readonly retentionDays?: number;
};

function topic(name: string, records: readonly RecordType[], options: Options): Topic {
  return {
    name,
    records,
    key: options.key,
    writtenBy: options.writtenBy,
    ours: options.ours ?? true,
    partitions: options.partitions ?? LEDGER_PARTITIONS,
    cleanup: options.cleanup ?? 'delete',
    retentionDays: options.retentionDays ?? null,
  };
}

/** A copy of reports for one kind of reader, in the same Kafka transaction as the record. */
function recipient(name: string): Topic {
  return topic(name, ['SettlementReport'], {
    key: 'account; bot_id for window and revenue reports',
    writtenBy: "the report's writer",
    partitions: FEW_PARTITIONS,
  });
}
