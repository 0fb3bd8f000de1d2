/**
 * A level of the planner: targets for which nothing is planned although there is something to gain,
 * and which stay so until somebody looks. One whose shares are only spoken for waits by itself.
 * Counted events cannot say it: a target is withheld once, for hours or for ever.
 */

import { type LedgerEvent } from '@polytraders/contracts';
import { SHARES_NOT_FREE } from '@polytraders/domain';
import { type Question, type Watch } from '@polytraders/stream';
import { PROCESSOR_ID } from './version.ts';

const WITHHELD: Question = {
  processor: PROCESSOR_ID,
  schema: (version) => `settlement_v${String(version)}`,
  sql: (schema) =>
    `SELECT count(*) AS withheld FROM ${schema}.withheld WHERE reason_code <> '${SHARES_NOT_FREE}'`,
};

export const watch: Watch<LedgerEvent> = {
  questions: [WITHHELD],
  gauges: [
    {
      name: 'polytraders_gov_settlementplanner_withheld_count',
      help: 'Targets for which nothing is planned now, and nothing will be until somebody looks.',
      reading: 'withheld',
    },
  ],
  activityAt: () => null,
  judging: () => (reading) => ({
    findings: [],
    shown: { withheld: reading.values['withheld'] ?? null },
  }),
};
