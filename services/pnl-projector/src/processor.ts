/**
 * The PnL reporter as a value: folds confirmed fills of the log into FIFO books and an append-only
 * ledger, and publishes one SettlementReport a fill. No clock, no I/O; ../README.md says the rest.
 */

import { codec, type LedgerEvent, TOPICS } from '@polytraders/contracts';
import { contentString } from '@polytraders/domain';
import { type Identity, type Processor } from '@polytraders/stream';
import { changes, locate, revive } from './changes.ts';
import {
  type Entity,
  holdingKey,
  parametersKey,
} from './entities.ts';
import { type LedgerEntry, ledgerTable } from './entry.ts';
import { CAUSES, step } from './fold.ts';
import { meters } from './meters.ts';
import { emit } from './report.ts';
import { lotPagesTable, parametersTable, positionsTable } from './tables.ts';
import { PROCESSOR_ID, PROCESSOR_VERSION } from './version.ts';

const noKeys: readonly string[] = [];

export const processor: Processor<LedgerEvent, Entity, LedgerEntry> = {
  id: PROCESSOR_ID,
  version: PROCESSOR_VERSION,
  consumes: [TOPICS.ledgerEvents.name],
  produces: [TOPICS.settlementReports.name],
  emits: ['SettlementReport'],
  healthSlugs: ['pnl-reporter'],
  codec,
  causes: CAUSES,
  keys,
  identify,
  step,
  emit,
  storage: {
    schema: (version) => `pnl_v${String(version)}`,
    migrations: `${import.meta.dirname}/../sql`,
    ledger: ledgerTable,
    monthOf: (entry) => entry.recorded_at,
    state: [positionsTable, lotPagesTable, parametersTable],
    changes,
    locate,
    revive,
  },
  meters,
};

/**
 * A confirmed fill needs its holding and the parameters of its partition, a change of parameters
 * those before it.
 */
function keys(event: LedgerEvent, partition: number): readonly string[] {
  if (event.type === 'ParametersChanged')
    return event.value.processor === PROCESSOR_ID ? [parametersKey(partition)] : noKeys;
  if (event.type !== 'FillConfirmed') return noKeys;
  const { account, token_id: token } = event.value;
  return [holdingKey(account, token), parametersKey(partition)];
}

/** The same fill again is a duplicate, with other content a conflict; others have no identity. */
function identify(event: LedgerEvent): Identity | null {
  if (event.type !== 'FillConfirmed') return null;
  const fill = event.value;
  return {
    id: fill.fill_id,
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
