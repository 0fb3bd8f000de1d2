/**
 * `polytraders retention`: months of the ledgers, until when each is kept, and what holds it (rule
 * B15). `--drop` lets a month go: only where nothing holds it, which needs a signed certificate
 * with its root. This version makes no certificates, so it refuses, and says so.
 */

import { type Certificate, type Hold, holdsOf, type MonthFacts } from '@polytraders/domain';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { nameOf } from '../arguments.ts';
import { type CommandContext, printJson } from '../command.ts';
import { dropMonth, monthsOf, type Wanted } from '../retention-facts.ts';
import { type Database, withDatabase, withOwner } from '../servers.ts';
import { type TableColumn, tableText } from '../table.ts';
import { CliError } from '../terminal.ts';

type RetentionOptions = {
  readonly on?: string;
  readonly drop?: string;
  readonly ledger: string;
  readonly reviewedBy?: string;
  readonly json?: boolean;
};

export type HeldMonth = MonthFacts & { readonly holds: readonly Hold[] };

/** There are none yet: what reads one belongs here. */
const NO_CERTIFICATE: Certificate | null = null;

export function addRetention(program: Command, context: CommandContext): void {
  program
    .command('retention')
    .description('Months of the ledgers: until when each is kept, and what holds it.')
    .addOption(
      new Option('--on <date>', 'as of this UTC day instead of today; lists only')
        .argParser(dateOf)
        .conflicts('drop'),
    )
    .addOption(
      new Option('--drop <month>', 'let this month go, such as 2026-05').argParser(monthOf),
    )
    .option('--ledger <name>', 'of which ledger, for --drop', 'pnl_ledger')
    .addOption(new Option('--reviewed-by <operator>', 'who lets it go').argParser(nameOf))
    .option('--json', 'JSON for programs')
    .action(async (options: RetentionOptions) => {
      if (options.drop !== undefined) await drop(context, options, options.drop);
      else await list(context, options);
    });
}

async function list(context: CommandContext, options: RetentionOptions): Promise<void> {
  const months = await withDatabase(context.env, (database) =>
    heldMonths(database, {
      day: options.on ?? today(),
      certificate: NO_CERTIFICATE,
      roots: options.json === true,
    }),
  );
  if (options.json === true) {
    printJson(context.terminal, months.map(jsonOf));
    return;
  }
  context.terminal.out(tableText(COLUMNS, months, 'No ledger has a month yet.'));
  if (months.length > 0) context.terminal.out(NOTE);
}

async function drop(
  context: CommandContext,
  { ledger, reviewedBy, json }: RetentionOptions,
  month: string,
): Promise<void> {
  if (reviewedBy === undefined) {
    throw new CliError(
      'Expected --reviewed-by with who lets the month go, found none: a month that is dropped is ' +
        'recorded with a name.',
    );
  }
  const gone = await withOwner(context.env, (database) =>
    dropHeld(database, { ledger, month, reviewedBy, today: today(), certificate: NO_CERTIFICATE }),
  );
  if (json === true) printJson(context.terminal, jsonOf({ ...gone, holds: [] }));
  else context.terminal.out(`Dropped ${gone.ledger} ${month}: ${gone.lines} lines.\n`);
}

export type DropWish = {
  /** Without its schema: pnl_ledger. */
  readonly ledger: string;
  /** 2026-05. */
  readonly month: string;
  readonly reviewedBy: string;
  readonly today: string;
  readonly certificate: Certificate | null;
};

/** Drops a month that nothing holds. Throws a sentence with every hold where something does. */
export async function dropHeld(database: Database, wish: DropWish): Promise<MonthFacts> {
  const { ledger, month, reviewedBy, certificate } = wish;
  const wanted = { day: wish.today, certificate, roots: true, only: { ledger, month } };
  const [found] = await heldMonths(database, wanted);
  if (found === undefined) {
    throw new CliError(
      `Expected a month ${month} of ${ledger}, found none: polytraders retention lists them.`,
    );
  }
  if (found.holds.length > 0 || certificate === null) {
    const why = found.holds.map((hold) => sentenceOf(hold)).join('; ');
    throw new CliError(`Not dropped: ${found.ledger} ${month} is held. ${why}.`, 1);
  }
  await dropMonth(database, found, certificate.id, reviewedBy);
  return found;
}

/** The months that are wanted, each with what holds it on a day. */
export async function heldMonths(
  database: Database,
  {
    day,
    certificate,
    ...wanted
  }: Wanted & { readonly day: string; readonly certificate: Certificate | null },
): Promise<readonly HeldMonth[]> {
  const months = await monthsOf(database, wanted);
  return months.map((facts) => ({ ...facts, holds: holdsOf(facts, day, certificate) }));
}

function sentenceOf(hold: Hold): string {
  switch (hold.kind) {
    case 'RETAINED':
      return `kept until ${hold.until}`;
    case 'UNREVIEWED':
      return `${hold.lines} lines wait for a review (polytraders gov pnl quarantine list, approve)`;
    case 'UNDATED':
      return `${hold.lines} lines have no last day of keeping`;
    case 'OPEN_LOTS':
      return `${hold.lots} open lots refer to it`;
    case 'NO_CERTIFICATE':
      return 'its root stands in no signed certificate (this version makes none yet)';
    case 'CERTIFICATE_UNSIGNED':
      return `certificate ${hold.certificate} is not signed`;
    case 'CERTIFICATE_DIFFERS':
      return `its root is not the one in certificate ${hold.certificate}: verify the books first`;
  }
}

const COLUMNS: readonly TableColumn<HeldMonth>[] = [
  { title: 'ledger', text: ({ ledger }) => ledger },
  { title: 'month', text: ({ month }) => month.slice(0, 7) },
  { title: 'lines', text: ({ lines }) => String(lines), right: true },
  { title: 'regulatory', text: ({ regulatory }) => String(regulatory), right: true },
  { title: 'kept until', text: ({ retainedUntil }) => retainedUntil ?? '–' },
  { title: 'held by', text: ({ holds }) => holds.map(sentenceOf).join('; ') || 'nothing' },
];

const NOTE =
  '\nRegulatory lines have a last day of keeping (seven calendar years, or retain_days). Paper ' +
  'and mixed reports are not of that tier and have none.\n';

function jsonOf({ openLots, retainedUntil, holds, ...facts }: HeldMonth): object {
  return { ...facts, retained_until: retainedUntil, open_lots: openLots, holds };
}

/** The UTC day on which the command runs. */
function today(): string {
  return new Date().toISOString().slice(0, 10);
}

function dateOf(text: string): string {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : NaN;
  // 30 February is read as 2 March.
  const isDay = !Number.isNaN(at) && new Date(at).toISOString().startsWith(text);
  if (isDay) return text;
  throw new InvalidArgumentError(`Expected a day such as 2033-05-09, found ${text}.`);
}

function monthOf(text: string): string {
  if (/^\d{4}-(0[1-9]|1[0-2])$/.test(text)) return text;
  throw new InvalidArgumentError(`Expected a month such as 2026-05, found ${text}.`);
}
