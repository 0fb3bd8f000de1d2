/**
 * `polytraders gov pnl approve --window W` releases the report of a window that is held because
 * the chain disagrees with it (B13); `--mode-held --until OFFSET` those that limited_live has held
 * (B19). A report goes out under the same id, a revision later.
 */

import { InvalidArgumentError, Option, type Command } from 'commander';
import { type CommandContext, printJson } from '../command.ts';
import { type Asked } from '../ledger-command.ts';
import { isConfirmed } from '../review/confirm.ts';
import { heldBelow, heldCount, heldIdentity, heldText, isReleased } from '../review/held.ts';
import { type ReviewOptions, reviewersOf, withReview } from '../review/options.ts';
import { jsonOf, refusalText, tell, type Told, unanswered } from '../review/tell.ts';
import { plain } from '../review/plain.ts';
import { windowLines } from '../review/text.ts';
import {
  effectsSince,
  isBehind,
  reportsNamed,
  type WindowEffect,
  type WindowRow,
  WINDOWS,
} from '../review/windows.ts';
import { rowToJson, selectRows } from '../rows.ts';
import { type Database, withDatabase } from '../servers.ts';
import { CliError } from '../terminal.ts';

export type ApproveOptions = ReviewOptions & {
  readonly window?: string;
  readonly modeHeld?: boolean;
  readonly until?: number;
};

/** What is released, and how it is known to be. */
type Approval = {
  readonly asked: Asked;
  readonly effect: string;
  readonly question: string;
  readonly preview: object;
  readonly look: () => Promise<object | null>;
  readonly what: string;
  readonly where: string;
};

export function addApprove(pnl: Command, context: CommandContext): void {
  const command = pnl
    .command('approve')
    .description('Releases reports that are held. Shows which, and asks.')
    .addOption(
      new Option(
        '--window <report>',
        'the report of a window, settlement_pnl_…, or the day that it begins on',
      ).conflicts(['modeHeld', 'until']),
    )
    .option('--mode-held', 'reports of fills, markets and windows that limited_live has held')
    .addOption(
      new Option('--until <offset>', 'with --mode-held: those of log offsets below').argParser(
        offsetOf,
      ),
    );
  withReview(command).action(async (options: ApproveOptions) => {
    await withDatabase(context.env, (database) => approve(database, context, options));
  });
}

function offsetOf(text: string): number {
  const offset = Number(text);
  if (/^\d{1,15}$/.test(text) && offset > 0) return offset;
  throw new InvalidArgumentError(`Expected a log offset above 0, found ${text}.`);
}

async function approve(
  database: Database,
  context: CommandContext,
  options: ApproveOptions,
): Promise<void> {
  const { terminal } = context;
  const approval = await approvalOf(database, options);
  const say = options.json === true ? terminal.err : terminal.out;
  say(approval.effect);
  if (!(await isConfirmed(terminal, approval.question, options.yes === true))) {
    say('Nothing was written.\n');
    context.exitCode = 1;
    return;
  }
  const { asked, look } = approval;
  const told = await tell(database, context, asked, options.wait, look);
  if (options.json === true) printJson(terminal, answerJson(approval, told));
  else terminal.out(answerText(approval, told));
  if (told.outcome === 'unanswered') throw unanswered(approval.what, options.wait, approval.where);
  if (told.outcome === 'refused') context.exitCode = 1;
}

export function approvalOf(database: Database, options: ApproveOptions): Promise<Approval> {
  const { window, modeHeld, until } = options;
  if (window !== undefined) return windowApproval(database, window, options);
  if (modeHeld === true && until !== undefined) return heldApproval(database, until, options);
  throw new CliError(
    'Expected --window, or --mode-held with --until, found ' +
      `${modeHeld === true ? 'only --mode-held' : 'neither'}: say what is released.`,
  );
}

async function windowApproval(
  database: Database,
  name: string,
  options: ApproveOptions,
): Promise<Approval> {
  const reports = await selectRows(database, WINDOWS, {}, 10_000);
  const named = reports.filter(({ mixed, report_id: id, window_start: start }) => {
    return mixed === false && (String(id) === name || String(start).startsWith(`${name}T`));
  });
  const [report] = named;
  if (report === undefined) {
    throw new CliError(
      `Expected the last revision of a window's report, or the day of a window, found no such ` +
        `one under ${name}: polytraders reports has them.`,
    );
  }
  const id = String(report.report_id);
  if (report.publication !== 'HELD') {
    throw new CliError(
      `Expected a report that is held, found ${id} ${String(report.publication)}: there is ` +
        'nothing to release.',
      1,
    );
  }
  const windows = await effectsSince(database, [report]);
  return {
    asked: askedFor('window', { report_ids: [id] }, options),
    effect: heldWindowText(report) + releasedText(windows.filter(isBehind)),
    question: `Release ${id}?`,
    preview: { report: rowToJson(WINDOWS, report), windows: plain(windows) },
    look: async () => {
      const where = { window_id: String(report.window_id), mixed: 'false' };
      const [now] = await selectRows(database, WINDOWS, where, 1);
      return now?.publication === 'RELEASED' ? { report: rowToJson(WINDOWS, now) } : null;
    },
    what: `${id} to be released`,
    where: 'polytraders reports',
  };
}

function heldWindowText(row: WindowRow): string {
  const drift = row.onchain_drift_pusd === null ? 'not known' : String(row.onchain_drift_pusd);
  return (
    `${String(row.report_id)}, revision ${String(row.revision)}: ${String(row.window_start)} to ` +
    `${String(row.window_end)}, ${String(row.total_fills)} fills, net ` +
    `${String(row.net_pnl_pusd)} pUSD.\n` +
    `Held: ${String(row.reconciliation_status)}, drift ${drift} pUSD, ` +
    `${String(row.quarantined_fills)} fills set aside.\n`
  );
}

function releasedText(behind: readonly WindowEffect[]): string {
  const released = 'Released, it goes to finance too, as the next revision with ';
  if (behind.length === 0) return `${released}the same numbers.\n`;
  return (
    `${released}what the books have booked since; if that is another drift, it is held again.\n` +
    windowLines(behind)
  );
}

async function heldApproval(
  database: Database,
  until: number,
  options: ApproveOptions,
): Promise<Approval> {
  const held = await heldBelow(database, until);
  const count = heldCount(held);
  if (count === 0) {
    throw new CliError(
      `Expected reports that a mode has held below offset ${String(until)}, found none.`,
      1,
    );
  }
  const named = held.windows.map(({ reportId }) => reportId);
  const windows = await effectsSince(database, await reportsNamed(database, named));
  return {
    // What was left over, or has come since, is asked for by the same words.
    asked: askedFor('mode_held', { until_offset: String(until) }, options, ...heldIdentity(held)),
    effect: heldText(held, until) + heldAgainText(windows.filter(isBehind)),
    question: `Release ${String(count)} reports?`,
    preview: {
      fills: held.fills,
      markets: held.markets,
      corrections: held.corrections,
      windows: named,
      windows_now: plain(windows),
      by_partition: Object.fromEntries([...held.partitions].map(([of, { many }]) => [of, many])),
    },
    look: async () => {
      const left = await heldBelow(database, until);
      const open = heldCount(left);
      return isReleased(held, left) ? { left: open } : null;
    },
    what: `${String(count)} reports to be released`,
    where: 'the same command',
  };
}

/** Nobody has seen what such a window says by the cut that releases it (rule B19). */
function heldAgainText(behind: readonly WindowEffect[]): string {
  if (behind.length === 0) return '';
  return (
    'Booked since their last report, so these say more by the cut that releases them, and are ' +
    `held again:\n${windowLines(behind)}`
  );
}

export function askedFor(
  what: 'window' | 'mode_held',
  given: Readonly<Record<string, string | readonly string[]>>,
  options: ReviewOptions,
  ...more: readonly string[]
): Asked {
  const who = reviewersOf(options);
  const named = Object.values(given).flat();
  return {
    command: 'APPROVE_WINDOW',
    account: null,
    identity: [what, ...named, ...more, who.proposedBy, who.approvedBy, who.reason],
    arguments: given,
    correlationId: `approve_${what}_${named.join('_')}`,
    ...who,
  };
}

function answerText({ where }: Approval, told: Told<object>): string {
  if (told.outcome !== 'done') return refusalText(told, where);
  const { left } = told.done as { readonly left?: number };
  const more =
    left === undefined || left === 0
      ? ''
      : ` ${String(left)} are held now: what came since, and what was beyond 50,000 offsets of a ` +
        'partition. The same command releases them.';
  return `Released.${more}\n`;
}

function answerJson({ preview }: Approval, told: Told<object>): object {
  return { ...jsonOf(told), preview, result: told.outcome === 'done' ? told.done : null };
}
