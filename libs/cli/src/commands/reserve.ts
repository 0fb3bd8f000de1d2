/**
 * `polytraders reserve`: keeps shares or pUSD for an order that is not placed yet. The command goes
 * to fill-ingestor by its topic, inventory-reserver grants or refuses it, and its answer is waited
 * for. The id is said before anything is written, so that an answer that was lost can be looked up.
 */

import { randomUUID } from 'node:crypto';
import { formatMicros, parseMicros } from '@polytraders/money';
import { type Command, Option } from 'commander';
import {
  amountOf,
  chainTokenOf,
  feeOf,
  nameOf,
  newIdOf,
  reasonTextOf,
  ttlOf,
} from '../arguments.ts';
import { type CommandContext, printJson } from '../command.ts';
import { accountOf } from '../filters.ts';
import {
  answered,
  type Asked,
  expectIngestor,
  type RefusedCommand,
  refusalOf,
  type Written,
  writeCommand,
} from '../ledger-command.ts';
import { INVENTORY, rowToJson, schemaOf, selectRows } from '../rows.ts';
import { type Database, withBus, withDatabase } from '../servers.ts';
import { CliError } from '../terminal.ts';
import { untilFound, withWaiting } from '../wait.ts';
import { BALANCES, type BalanceRow } from './inventory.ts';
import { RESERVATIONS, type ReservationRow } from './reservations.ts';
import { reservedText } from './reserve-text.ts';

export type ReserveOptions = {
  readonly account: string;
  readonly token?: string;
  readonly quantity?: bigint;
  readonly pusd?: bigint;
  readonly maxFee?: bigint;
  readonly bot: string;
  readonly ttl: number;
  readonly id?: string;
  readonly by: string;
  readonly reason: string;
  /** Seconds; false with --no-wait. */
  readonly wait: number | false;
  readonly json?: boolean;
};

/** What is to be kept. */
export type Reserve = {
  readonly id: string;
  readonly account: string;
  readonly bot: string;
  /** Null asks for pUSD. */
  readonly token: string | null;
  /** Micro-shares, or micro-pUSD without the fee. */
  readonly amount: bigint;
  /** Micro-pUSD; null with a token. */
  readonly maxFee: bigint | null;
  readonly ttlMs: number;
  readonly by: string;
  readonly reason: string;
};

/** What became of it. */
export type Answer =
  | { readonly outcome: 'granted' | 'refused' | 'ended'; readonly reservation: ReservationRow }
  /** fill-ingestor has not put it on the log. */
  | { readonly outcome: 'command_refused'; readonly refusal: RefusedCommand }
  | { readonly outcome: 'unanswered' | 'not_waited_for' };

export type Reserved = Answer & {
  readonly asked: Reserve;
  /** Null where the reservation was there before. */
  readonly written: Written | null;
  /** What the account has of it now; null where nothing of it is known. */
  readonly balance: BalanceRow | null;
};

const SHARES = ['token', 'quantity'];
const CASH = ['pusd', 'maxFee'];

export function addReserve(program: Command, context: CommandContext): void {
  const command = program
    .command('reserve')
    .description('Keeps shares or pUSD for an order that is not placed yet, and says the answer.')
    .addOption(required('--account <address>', 'whose inventory', accountOf))
    .addOption(new Option('--token <id>', 'shares of this token').argParser(chainTokenOf))
    .addOption(new Option('--quantity <shares>', 'so many of them').argParser(amountOf))
    .addOption(new Option('--pusd <amount>', 'pUSD, fees not included').argParser(amountOf))
    .addOption(new Option('--max-fee <pusd>', 'and the largest fee of the order').argParser(feeOf))
    .addOption(required('--bot <id>', 'the trading bot that it is for', nameOf))
    .addOption(
      new Option('--ttl <time>', 'kept so long, unless an order takes it over')
        .argParser(ttlOf)
        .default(30_000, '30s'),
    )
    .addOption(
      new Option('--id <id>', 'of the reservation; the same again is the same request').argParser(
        newIdOf,
      ),
    )
    .addOption(required('--by <who>', 'who asks', nameOf))
    .addOption(new Option('--reason <text>', 'why').argParser(reasonTextOf).default('', 'none'));
  for (const option of command.options) {
    const name = option.attributeName();
    if (SHARES.includes(name)) option.conflicts(CASH);
  }
  withWaiting(command)
    .option('--json', 'JSON for programs: amounts as decimal strings, times in UTC')
    .action(async (options: ReserveOptions) => {
      const asked = reserveOf(options, options.id ?? `rsv_${randomUUID()}`);
      const reserved = await withDatabase(context.env, (database) =>
        reserve(database, context, asked, options),
      );
      if (options.json === true) printJson(context.terminal, jsonOf(reserved));
      else context.terminal.out(reservedText(reserved));
      if (reserved.outcome === 'unanswered') throw unanswered(reserved, options.wait);
      if (!isKept(reserved)) context.exitCode = 1;
    });
}

function required<Value>(flags: string, description: string, parse: (text: string) => Value) {
  return new Option(flags, description).argParser(parse).makeOptionMandatory();
}

/** The request that the options make. Throws one sentence where they make none. */
export function reserveOf(options: ReserveOptions, id: string): Reserve {
  const { account, token, quantity, pusd, maxFee, bot, ttl: ttlMs, by, reason } = options;
  const rest = { id, account, bot, ttlMs, by, reason };
  if (token !== undefined && quantity !== undefined) {
    return { ...rest, token, amount: quantity, maxFee: null };
  }
  if (pusd !== undefined && maxFee !== undefined) {
    return { ...rest, token: null, amount: pusd, maxFee };
  }
  const given = Object.entries({ token, quantity, pusd, 'max-fee': maxFee })
    .filter(([, value]) => value !== undefined)
    .map(([name]) => `--${name}`);
  throw new CliError(
    'Expected --token with --quantity, or --pusd with --max-fee, found ' +
      `${given.length === 0 ? 'neither' : `only ${given.join(' and ')}`}: say what to keep, and ` +
      'how much of it.',
  );
}

/** The command that asks for it. */
export function askedBy(asked: Reserve): Asked {
  const { id, account, bot, token, amount, maxFee, ttlMs, by, reason } = asked;
  const what =
    token === null
      ? { amount_pusd: formatMicros(amount), max_fee_pusd: formatMicros(maxFee ?? 0n) }
      : { token_id: token, quantity_shares: formatMicros(amount) };
  return {
    command: 'RESERVE',
    account,
    identity: [id],
    arguments: { reservation_id: id, trading_bot_id: bot, ttl_ms: String(ttlMs), ...what },
    correlationId: id,
    proposedBy: by,
    reason,
  };
}

async function reserve(
  database: Database,
  context: CommandContext,
  asked: Reserve,
  { wait, json }: ReserveOptions,
): Promise<Reserved> {
  await expectIngestor(database);
  // Who does not wait may ask before inventory-reserver has ever run; the log keeps it.
  if (wait !== false) await schemaOf(database, INVENTORY);
  const known = wait === false ? null : await knownOne(database, asked);
  if (known !== null)
    return { ...known, asked, written: null, balance: await held(database, asked) };
  // JSON stays one document: the id goes where the sentences go.
  const sayFirst = json === true ? context.terminal.err : context.terminal.out;
  sayFirst(`Reservation ${asked.id}\n`);
  const write = (): Promise<Written> =>
    withBus(context.env, database, (bus) => writeCommand(bus, askedBy(asked)));
  if (wait === false) {
    return { outcome: 'not_waited_for', asked, written: await write(), balance: null };
  }
  const look = async (written: Written): Promise<Answer | null> => {
    const found = await knownOne(database, asked);
    if (found !== null) return found;
    const refusal = await refusalOf(database, written);
    return refusal === null ? null : { outcome: 'command_refused', refusal };
  };
  const { written, answer } = await answered(
    write,
    (of) => untilFound(wait, () => look(of), context.over),
    ({ outcome }) => outcome === 'command_refused',
  );
  const balance = await held(database, asked);
  return { ...(answer ?? { outcome: 'unanswered' }), asked, written, balance };
}

/** The reservation under its id. Throws a sentence where it keeps something else. */
async function knownOne(database: Database, asked: Reserve): Promise<Answer | null> {
  const { account, id } = asked;
  const [row] = await selectRows(database, RESERVATIONS, { account, reservation_id: id }, 1);
  if (row === undefined) return null;
  if (!keepsTheSame(row, asked)) {
    throw new CliError(
      `Expected an id of its own, found that reservation ${id} is of another request: ` +
        `polytraders reservations --id ${id} shows it; take another id.`,
    );
  }
  return { outcome: outcomeOf(row), reservation: row };
}

/**
 * Whether the reservation is that of the request. What was asked for stands there with the largest
 * fee; once an order has it, its bot is the order's.
 */
export function keepsTheSame(row: ReservationRow, asked: Reserve): boolean {
  const requested = asked.amount + (asked.maxFee ?? 0n);
  const said = row.requested_shares ?? row.requested_pusd;
  return (
    row.account === asked.account &&
    (row.trading_bot_id === asked.bot || row.order_id !== null) &&
    row.token_id === asked.token &&
    said !== null &&
    parseMicros(String(said)) === requested
  );
}

function outcomeOf({ state }: ReservationRow): 'granted' | 'refused' | 'ended' {
  if (state === 'pending' || state === 'posted') return 'granted';
  return state === 'refused' ? 'refused' : 'ended';
}

function isKept({ outcome }: Reserved): boolean {
  return outcome === 'granted' || outcome === 'not_waited_for';
}

/** What the account has of what is asked for. */
async function held(database: Database, { account, token }: Reserve): Promise<BalanceRow | null> {
  const asset = token === null ? { asset: 'PUSD' } : { token_id: token };
  const [row] = await selectRows(database, BALANCES, { account, ...asset }, 1);
  return row ?? null;
}

function jsonOf(reserved: Reserved): object {
  const { asked, written, balance, outcome } = reserved;
  return {
    reservation_id: asked.id,
    command_id: written?.commandId ?? null,
    written: written?.isNew ?? false,
    outcome,
    refusal: 'refusal' in reserved ? reserved.refusal : null,
    reservation: 'reservation' in reserved ? rowToJson(RESERVATIONS, reserved.reservation) : null,
    balance: balance === null ? null : rowToJson(BALANCES, balance),
  };
}

function unanswered({ asked }: Reserved, seconds: number | false): CliError {
  return new CliError(
    `Expected an answer to reservation ${asked.id} within ${String(seconds)} s, found none: ` +
      'polytraders status says whether fill-ingestor and inventory-reserver run, and ' +
      `polytraders reservations --id ${asked.id} has the answer once it is there.`,
    1,
  );
}
