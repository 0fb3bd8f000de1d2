/** What is counted of jobs, as functions of a ledger line. A rebuild counts nothing. */

import { MICROS_PER_UNIT } from '@polytraders/money';
import { type Meter } from '@polytraders/stream';
import { type LedgerEntry } from './entry.ts';
import { MODE_CHANGED } from './planning.ts';

const PREFIX = 'polytraders_gov_settlementplanner';

export const meters: readonly Meter<LedgerEntry>[] = [
  {
    name: `${PREFIX}_jobs_total`,
    help: 'Jobs that came into a state, by what they do.',
    kind: 'counter',
    labels: ['kind', 'state'],
    of: ({ kind, state, reason_code: reason }) =>
      kind === null || state === null || reason === MODE_CHANGED
        ? null
        : { labels: { kind, state }, value: 1 },
  },
  {
    name: `${PREFIX}_jobs_ended_total`,
    help: 'Jobs that ended, by reason code.',
    kind: 'counter',
    labels: ['reason'],
    of: ({ line_kind: line, reason_code: reason }) =>
      line !== 'JOB' || reason === null || reason === MODE_CHANGED
        ? null
        : { labels: { reason }, value: 1 },
  },
  {
    name: `${PREFIX}_freed_pusd_total`,
    help: 'pUSD that the chain paid for jobs that are done.',
    kind: 'counter',
    labels: ['kind'],
    of: ({ kind, paid_pusd: paid }) =>
      kind === null || paid === null || paid <= 0n
        ? null
        : { labels: { kind }, value: shown(paid) },
  },
  {
    name: `${PREFIX}_market_status_total`,
    help: 'Wallets for which a market came to stand elsewhere, by where it stands.',
    kind: 'counter',
    labels: ['status'],
    of: ({ line_kind: line, market_status: status }) =>
      line === 'STATUS' && status !== null ? { labels: { status }, value: 1 } : null,
  },
];

/** For a metric only: the one place where pUSD becomes a float. */
function shown(micros: bigint): number {
  return Number(micros) / Number(MICROS_PER_UNIT); // tidy-ok: a metric is a float by its protocol.
}
