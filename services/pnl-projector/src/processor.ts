/**
 * The PnL reporter as a value: folds confirmed fills, movements and resolutions of the log into
 * FIFO books and an append-only ledger, and publishes one SettlementReport a fill and a settled
 * book. No clock, no I/O; ../README.md says the rest.
 */

import { codec, type LedgerEvent, TOPICS } from '@polytraders/contracts';
import { type Processor } from '@polytraders/stream';
import { changes, locate, revive } from './changes.ts';
import { type Entity } from './entities.ts';
import { type LedgerEntry, ledgerTable } from './entry.ts';
import { withCuts } from './cuts.ts';
import { CAUSES, step } from './fold.ts';
import { identify, keys, keysThen } from './keys.ts';
import {
  claimsTable,
  eventHoldingsTable,
  eventQuestionsTable,
  looseTokensTable,
  marketHoldingsTable,
  marketsTable,
  settledTokensTable,
  tokensTable,
} from './market-tables.ts';
import { meters } from './meters.ts';
import { emit, REPORT_TOPICS } from './report.ts';
import { history } from './review/lines.ts';
import { fillReviewsTable, reportReleasesTable } from './review/review-rows.ts';
import { lotPagesTable, parametersTable, positionsTable } from './tables.ts';
import { says } from './says.ts';
import { PROCESSOR_ID, PROCESSOR_VERSION } from './version.ts';
import { watch } from './watch.ts';

export const books: Processor<LedgerEvent, Entity, LedgerEntry> = {
  id: PROCESSOR_ID,
  version: PROCESSOR_VERSION,
  consumes: [TOPICS.ledgerEvents.name],
  produces: [...REPORT_TOPICS, TOPICS.alerts.name],
  emits: ['SettlementReport', 'Alert'],
  healthSlugs: ['pnl-reporter'],
  codec,
  causes: CAUSES,
  keys,
  keysThen,
  identify,
  step,
  emit,
  storage: {
    schema: (version) => `pnl_v${String(version)}`,
    migrations: `${import.meta.dirname}/../sql`,
    ledger: ledgerTable,
    monthOf: (entry) => entry.recorded_at,
    state: [
      positionsTable,
      lotPagesTable,
      settledTokensTable,
      marketsTable,
      marketHoldingsTable,
      eventQuestionsTable,
      eventHoldingsTable,
      tokensTable,
      looseTokensTable,
      claimsTable,
      parametersTable,
      fillReviewsTable,
      reportReleasesTable,
    ],
    changes,
    locate,
    revive,
  },
  history,
  meters,
  watch,
  says,
};

/** The books, and what they leave for the fold over all partitions (windows/). */
export const processor = withCuts(books);
