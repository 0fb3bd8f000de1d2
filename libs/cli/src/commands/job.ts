/**
 * `polytraders job claim` and `polytraders job fail`: what an executor says of a job that
 * settlement-planner has queued. It claims the job with the hash of the transaction that it has
 * signed, before it sends it; a job that is not queued is not to be sent. The chain's own event
 * ends a job; `fail` gives one up.
 */

import { type Command, Option } from 'commander';
import { idOf, nameOf, reasonTextOf, txHashOf } from '../arguments.ts';
import { type CommandContext, printJson } from '../command.ts';
import {
  answered,
  type Asked,
  expectIngestor,
  type RefusedCommand,
  refusalOf,
  type Written,
  writeCommand,
} from '../ledger-command.ts';
import { rowToJson, selectRows } from '../rows.ts';
import { type Database, withBus, withDatabase } from '../servers.ts';
import { CliError } from '../terminal.ts';
import { untilFound, withWaiting } from '../wait.ts';
import { type JobRow, JOBS } from './jobs.ts';

type Wish = {
  readonly job: string;
  /** The transaction that was signed, or the one that failed. */
  readonly tx: string | null;
  readonly by: string;
  /** Null for a claim. */
  readonly reason: string | null;
};

type JobOptions = {
  readonly job: string;
  readonly tx?: string;
  readonly by: string;
  readonly reason?: string;
  /** Seconds; false with --no-wait. */
  readonly wait: number | false;
  readonly json?: boolean;
};

export type JobAnswer = {
  readonly outcome: 'claimed' | 'failed' | 'refused' | 'not_waited_for' | 'unanswered';
  readonly job: JobRow;
  /** Null where the job was so before, and nothing was written. */
  readonly written: Written | null;
  readonly refusal: RefusedCommand | null;
};

export function addJob(program: Command, context: CommandContext): void {
  const group = program
    .command('job')
    .description('What an executor says of a job: claim before the transaction is sent, or fail.');
  const claim = group
    .command('claim')
    .description('Takes a queued job, with the transaction that will carry it out.')
    .addOption(required('--job <id>', 'which job', idOf))
    .addOption(required('--tx <hash>', 'the transaction, signed and not sent yet', txHashOf));
  const fail = group
    .command('fail')
    .description('Gives a job up; it is planned anew.')
    .addOption(required('--job <id>', 'which job', idOf))
    .addOption(required('--reason <text>', 'why', reasonTextOf));
  for (const command of [claim, fail]) {
    withWaiting(command.addOption(required('--by <who>', 'the executor', nameOf)))
      .option('--json', 'JSON for programs: amounts as decimal strings, times in UTC')
      .action(async (options: JobOptions) => {
        const answer = await withDatabase(context.env, (database) =>
          tell(database, context, options),
        );
        if (options.json === true) printJson(context.terminal, jsonOf(answer));
        else context.terminal.out(textOf(answer));
        if (answer.outcome === 'unanswered') throw unanswered(answer, options);
        if (answer.outcome === 'refused') context.exitCode = 1;
      });
  }
}

function required<Value>(flags: string, description: string, parse: (text: string) => Value) {
  return new Option(flags, description).argParser(parse).makeOptionMandatory();
}

async function tell(
  database: Database,
  context: CommandContext,
  options: JobOptions,
): Promise<JobAnswer> {
  const { wait } = options;
  await expectIngestor(database);
  const before = await jobOf(database, options.job);
  const wish = wishOf(options, before);
  const outcome = wish.reason === null ? 'claimed' : 'failed';
  if (isDone(wish, before)) return { outcome, job: before, written: null, refusal: null };
  expectOpen(wish, before);
  const asked = askedBy(wish, before);
  const write = (): Promise<Written> =>
    withBus(context.env, database, (bus) => writeCommand(bus, asked));
  if (wait === false) {
    return { outcome: 'not_waited_for', job: before, written: await write(), refusal: null };
  }
  const look = async (written: Written): Promise<Omit<JobAnswer, 'written'> | null> => {
    const job = await jobOf(database, wish.job);
    if (isDone(wish, job)) return { outcome, job, refusal: null };
    if (!isOpen(wish, job)) return { outcome: 'refused', job, refusal: null };
    const refusal = await refusalOf(database, written);
    return refusal === null ? null : { outcome: 'refused', job, refusal };
  };
  const { written, answer } = await answered(
    write,
    (of) => untilFound(wait, () => look(of), context.over),
    ({ refusal }) => refusal !== null,
  );
  return answer === null
    ? { outcome: 'unanswered', job: before, written, refusal: null }
    : { ...answer, written };
}

/** What fails is the transaction that claimed the job, where one did. */
function wishOf({ job, tx, by, reason }: JobOptions, row: JobRow): Wish {
  if (reason === undefined) return { job, tx: tx ?? null, by, reason: null };
  return { job, tx: row.tx_hash as string | null, by, reason };
}

export function askedBy(
  { job, tx, by, reason }: Wish,
  row: Pick<JobRow, 'account' | 'correlation_id'>,
): Asked {
  const transaction: Readonly<Record<string, string>> = tx === null ? {} : { tx_hash: tx };
  const rest = {
    account: String(row.account),
    correlationId: String(row.correlation_id),
    proposedBy: by,
    reason: reason ?? '',
  };
  if (reason === null) {
    const given = { job_id: job, ...transaction, claimed_by: by };
    return { ...rest, command: 'CLAIM_JOB', identity: [job, tx ?? '', by], arguments: given };
  }
  const given = { job_id: job, ...transaction, failed_by: by };
  return { ...rest, command: 'FAIL_JOB', identity: [job, tx ?? '', by, reason], arguments: given };
}

/** The job as it stands now. */
async function jobOf(database: Database, id: string): Promise<JobRow> {
  const [row] = await selectRows(database, JOBS, { job_id: id }, 1);
  if (row !== undefined) return row;
  throw new CliError(
    `Expected a job of settlement-planner, found none with the id ${id}: ` +
      'polytraders jobs lists them.',
  );
}

/** Whether the job is as the executor wants it to be. */
function isDone({ tx, reason }: Wish, row: JobRow): boolean {
  if (reason === null) return row.state === 'running' && row.tx_hash === tx;
  return row.state === 'failed' && row.failure_reason === reason;
}

/**
 * A queued job may be claimed, and a running one by its own executor with another transaction (one
 * with a higher fee has another hash). Either may be given up.
 */
function isOpen({ by, reason }: Wish, { state, claimed_by: claimedBy }: JobRow): boolean {
  return state === 'queued' || (state === 'running' && (reason !== null || claimedBy === by));
}

function expectOpen(wish: Wish, row: JobRow): void {
  if (wish.reason === null && row.mode !== 'general_live') {
    throw new CliError(
      `Expected a job that is released, found ${wish.job} held: settlement-planner is in ` +
        `${String(row.mode)}, whose jobs are to be looked at; do not send its transaction.`,
      1,
    );
  }
  if (isOpen(wish, row)) return;
  const expected = wish.reason === null ? 'a queued job' : 'a job that is queued or running';
  const advice =
    wish.reason === null ? 'do not send its transaction' : 'there is nothing to give up';
  throw new CliError(
    `Expected ${expected}, found ${wish.job} ${stateText(row)}: ${advice}; ` +
      'polytraders jobs --state queued lists those that wait.',
    1,
  );
}

/** running by exec with transaction 0x…; superseded by …; failed (…). */
function stateText(row: JobRow): string {
  const { state, tx_hash: tx, superseded_by: next, failure_reason: reason, claimed_by: by } = row;
  if (state === 'superseded' && next !== null) return `superseded by ${String(next)}`;
  if (state === 'failed' && reason !== null) return `failed (${String(reason)})`;
  const who = by === null || state !== 'running' ? '' : ` by ${String(by)}`;
  return `${String(state)}${who}${tx === null ? '' : ` with transaction ${String(tx)}`}`;
}

function textOf({ outcome, job, written, refusal }: JobAnswer): string {
  const again = written?.isNew === true ? '' : 'It was said before; nothing was written.\n';
  const id = String(job.job_id);
  switch (outcome) {
    case 'claimed':
    case 'failed':
      return `${again}Job ${id} is ${stateText(job)}.\n`;
    case 'refused':
      if (refusal === null) return `${again}Refused: job ${id} is ${stateText(job)}.\n`;
      return `${again}Refused by fill-ingestor, ${refusal.reason_code}: ${refusal.detail}\n`;
    case 'not_waited_for':
      return (
        `${again}Said; the answer was not waited for: ` + `polytraders jobs --job ${id} shows it.\n`
      );
    case 'unanswered':
      return again;
  }
}

function jsonOf({ outcome, job, written, refusal }: JobAnswer): object {
  return {
    job_id: job.job_id,
    command_id: written?.commandId ?? null,
    written: written?.isNew ?? false,
    outcome,
    refusal,
    job: rowToJson(JOBS, job),
  };
}

function unanswered({ job }: JobAnswer, { wait }: JobOptions): CliError {
  return new CliError(
    `Expected job ${String(job.job_id)} to change within ${String(wait)} s, found it ` +
      `${stateText(job)}: polytraders status says whether fill-ingestor and settlement-planner ` +
      `run, and polytraders jobs --job ${String(job.job_id)} has the answer once it is there.`,
    1,
  );
}
