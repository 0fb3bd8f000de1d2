/**
 * The fold over all partitions as a value: cuts in, reports of windows out. It runs beside the
 * books in the service pnl-projector, fenced by a row of its own; shell/gatherer.ts makes its
 * input.
 */

import { codec } from '@polytraders/contracts';
import { type Processor } from '@polytraders/stream';
import { type Cut } from './cut.ts';
import { type ReportEntry, reportsTable } from './entry.ts';
import { keys, keysThen, step, WINDOW_CAUSES } from './fold.ts';
import { emit, WINDOW_TOPICS } from './report.ts';
import { says } from './says.ts';
import { type WindowEntity } from './state.ts';
import { changes, locate, revive, windowPartsTable, windowStateTable } from './storage.ts';
import { WINDOW_INPUTS, WINDOWS_ID, WINDOWS_VERSION } from './version.ts';

export const windowsProcessor: Processor<Cut, WindowEntity, ReportEntry> = {
  id: WINDOWS_ID,
  version: WINDOWS_VERSION,
  consumes: [WINDOW_INPUTS],
  produces: WINDOW_TOPICS,
  emits: ['SettlementReport', 'Alert'],
  healthSlugs: [],
  codec,
  causes: WINDOW_CAUSES,
  keys,
  keysThen,
  identify: () => null,
  step: (state, { event }) => step(state, event),
  emit,
  storage: {
    schema: (version) => `pnl_v${String(version)}`,
    migrations: `${import.meta.dirname}/../../sql`,
    ledger: reportsTable,
    monthOf: (entry) => entry.recorded_at,
    state: [windowStateTable, windowPartsTable],
    changes,
    locate,
    revive,
  },
  meters: [],
  says,
};
