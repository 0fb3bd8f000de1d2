/**
 * `polytraders jobs`: transactions that settlement-planner proposes, each with its unsigned call
 * and where it stands. `--history` says what each one was before, `--withheld` why nothing is
 * planned where there is something to gain.
 */

import { type SettlementJob } from '@polytraders/contracts';
import { type Command, Option } from 'commander';
import { idOf } from '../arguments.ts';
import { type CommandContext, printJson, sayIfCut } from '../command.ts';
import { conditionOf, LIMIT_MAX, type ListOptions, withListOptions } from '../filters.ts';
import { legendOf } from '../legend.ts';
import { cellText } from '../listing.ts';
import { type Row, rowToJson, selectRows, SETTLEMENT, type View } from '../rows.ts';
import { type Database, withDatabase } from '../servers.ts';
import { shortId, type TableColumn, tableText } from '../table.ts';

const FIELDS = {
  job_id: 'text',
  account: 'text',
  kind: 'text',
  condition_id: 'text',
  neg_risk_market_id: 'text',
  state: 'text',
  market_status: 'text',
  mode: 'text',
  amount_shares: 'amount',
  index_set: 'text',
  legs: 'legs',
  gains: 'legs',
  payout_pusd: 'amount',
  fee_pusd: 'amount',
  fee_bips: 'count',
  contract: 'text',
  calldata: 'text',
  claimed_by: 'text',
  tx_hash: 'text',
  paid_pusd: 'amount',
  superseded_by: 'text',
  reason_code: 'text',
  failure_reason: 'text',
  correlation_id: 'text',
  recorded_at: 'time',
} as const;

export const JOBS = {
  place: SETTLEMENT,
  name: 'jobs',
  // What may still be done comes first.
  order: `state NOT IN ('queued', 'running'), recorded_at DESC, job_id`,
  fields: FIELDS,
} as const satisfies View<string>;

const HISTORY = {
  place: SETTLEMENT,
  name: 'job_history',
  order: 'job_id, partition, "offset", line',
  fields: FIELDS,
} as const satisfies View<string>;

const WITHHELD = {
  place: SETTLEMENT,
  name: 'withheld',
  order: 'account, target',
  fields: {
    account: 'text',
    target: 'text',
    kind: 'text',
    reason_code: 'text',
    failures: 'count',
  },
} as const satisfies View<string>;

export type JobRow = Row<keyof typeof FIELDS>;
type WithheldRow = Row<keyof (typeof WITHHELD)['fields']>;

const STATES = [
  'queued',
  'running',
  'done',
  'failed',
  'superseded',
] as const satisfies readonly SettlementJob['state'][];

const KINDS = [
  'MERGE',
  'CONVERT',
  'REDEEM',
  'SPLIT',
] as const satisfies readonly SettlementJob['kind'][];

type JobsOptions = ListOptions & {
  readonly negRiskMarket?: string;
  readonly kind?: string;
  readonly job?: string;
  readonly history?: boolean;
  readonly withheld?: boolean;
};

type Found = {
  readonly jobs: readonly JobRow[];
  /** States of those jobs, oldest first; null where they were not asked for. */
  readonly history: readonly JobRow[] | null;
};

export function addJobs(program: Command, context: CommandContext): void {
  withListOptions(program.command('jobs'), ['account', 'condition'])
    .description('Merges, conversions and redemptions that are planned, and what became of them.')
    .addOption(
      new Option('--neg-risk-market <id>', 'only conversions of this event').argParser(conditionOf),
    )
    .addOption(new Option('--state <state>', 'only those in it').choices(STATES))
    .addOption(new Option('--kind <kind>', 'only such jobs').choices(KINDS))
    .addOption(new Option('--job <id>', 'only this job').argParser(idOf))
    .option('--history', 'also every state that the jobs were in')
    .addOption(
      new Option('--withheld', 'instead: where nothing is planned, and why').conflicts([
        'negRiskMarket',
        'state',
        'job',
        'history',
      ]),
    )
    .action(async (options: JobsOptions) => {
      if (options.withheld === true) return showWithheld(context, options);
      const found = await withDatabase(context.env, (database) => readJobs(database, options));
      if (options.json === true) printJson(context.terminal, jsonOf(found));
      else context.terminal.out(textOf(found));
      sayIfCut(context.terminal, 'jobs', found.jobs, options.limit);
      sayIfCut(context.terminal, 'states', found.history ?? [], LIMIT_MAX);
    });
}

async function readJobs(database: Database, options: JobsOptions): Promise<Found> {
  const { account, condition, negRiskMarket, state, kind, job, limit } = options;
  const jobs = await selectRows(
    database,
    JOBS,
    {
      account,
      condition_id: condition,
      neg_risk_market_id: negRiskMarket,
      state,
      kind,
      job_id: job,
    },
    limit,
  );
  if (options.history !== true) return { jobs, history: null };
  const ids = jobs.map((row) => String(row.job_id));
  return { jobs, history: await selectRows(database, HISTORY, { job_id: ids }, LIMIT_MAX) };
}

/** A condition is the target of what is withheld, as an event is of a conversion. */
async function showWithheld(context: CommandContext, options: JobsOptions): Promise<void> {
  const { account, condition: target, kind, limit } = options;
  const rows = await withDatabase(context.env, (database) =>
    selectRows(database, WITHHELD, { account, target, kind }, limit),
  );
  if (options.json === true) {
    printJson(
      context.terminal,
      rows.map((row) => rowToJson(WITHHELD, row)),
    );
  } else {
    const legend = legendOf(rows.map((row) => row.reason_code));
    context.terminal.out(tableText(WITHHELD_COLUMNS, rows, 'Nothing is withheld.') + legend);
  }
  sayIfCut(context.terminal, 'rows', rows, limit);
}

function jsonOf({ jobs, history }: Found): readonly object[] {
  return jobs.map((row) => {
    const job = rowToJson(JOBS, row);
    if (history === null) return job;
    const own = history.filter((one) => one.job_id === row.job_id);
    return { ...job, history: own.map((one) => rowToJson(HISTORY, one)) };
  });
}

function textOf({ jobs, history }: Found): string {
  const table = tableText(COLUMNS, jobs, 'No jobs match.');
  const legend = legendOf([...jobs, ...(history ?? [])].map((row) => row.reason_code));
  if (history === null || jobs.length === 0) return table + legend;
  const states = tableText(STATE_COLUMNS, history, 'None.');
  return `${table}\nWhat they were, oldest first.\n\n${states}${legend}`;
}

const text = (title: string, name: keyof typeof FIELDS): TableColumn<JobRow> => ({
  title,
  text: (row) => cellText(row, name),
});

const hash = (title: string, name: 'account' | 'tx_hash'): TableColumn<JobRow> => ({
  title,
  text: (row) => shortId(row[name] as string | null),
});

const frees: TableColumn<JobRow> = { ...text('frees pUSD', 'payout_pusd'), right: true };

const COLUMNS: readonly TableColumn<JobRow>[] = [
  text('job', 'job_id'),
  hash('account', 'account'),
  text('kind', 'kind'),
  { title: 'market', text: marketText },
  frees,
  { title: 'state', text: stateText },
  text('market is', 'market_status'),
  text('claimed by', 'claimed_by'),
  hash('transaction', 'tx_hash'),
  { title: 'because', text: becauseText },
];

const STATE_COLUMNS: readonly TableColumn<JobRow>[] = [
  text('job', 'job_id'),
  text('at', 'recorded_at'),
  text('state', 'state'),
  text('market is', 'market_status'),
  frees,
  hash('transaction', 'tx_hash'),
  { title: 'because', text: becauseText },
];

const WITHHELD_COLUMNS: readonly TableColumn<WithheldRow>[] = [
  { title: 'account', text: (row) => shortId(row.account as string) },
  { title: 'market', text: (row) => shortId(row.target as string) },
  { title: 'kind', text: (row) => cellText(row, 'kind') },
  { title: 'failures', text: (row) => cellText(row, 'failures'), right: true },
  { title: 'because', text: (row) => cellText(row, 'reason_code') },
];

/** A job of a planner that is not in general_live is to be looked at, not to be executed. */
function stateText({ state, mode }: JobRow): string {
  return `${String(state)}${mode === 'general_live' ? '' : ', held'}`;
}

function marketText(row: JobRow): string {
  return shortId((row.condition_id ?? row.neg_risk_market_id) as string | null);
}

/** Why the job is where it is: the code, and what the code does not say. */
function becauseText({ reason_code: code, failure_reason: reason, superseded_by: by }: JobRow) {
  const more = reason ?? (by === null ? null : `by ${String(by)}`);
  return [code, more].filter((part) => part !== null).join(': ');
}
