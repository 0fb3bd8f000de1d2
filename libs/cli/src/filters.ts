/** The options that all listing commands share, and how their values are read. */

import { InvalidArgumentError, Option, type Command } from 'commander';

export type ListOptions = {
  readonly account?: string;
  readonly bot?: string;
  readonly token?: string;
  readonly condition?: string;
  readonly state?: string;
  /** Only pUSD. */
  readonly pusd?: boolean;
  /** A reservation. */
  readonly id?: string;
  readonly order?: string;
  readonly fillId?: string;
  readonly limit: number;
  readonly json?: boolean;
};

/** Which of the shared filters a command has. */
export type FilterName = 'account' | 'bot' | 'token' | 'condition';

export const LIMIT_DEFAULT = 50;
export const LIMIT_MAX = 1_000_000;

const USUAL_FILTERS: readonly FilterName[] = ['account', 'bot', 'token'];

/** Adds the filters, --limit and --json. */
export function withListOptions(
  command: Command,
  filters: readonly FilterName[] = USUAL_FILTERS,
): Command {
  const limit = new Option('--limit <rows>', 'at most so many rows');
  return withFilters(command, filters).addOption(limit.argParser(limitOf).default(LIMIT_DEFAULT));
}

/** Adds the filters and --json. */
export function withFilters(
  command: Command,
  filters: readonly FilterName[] = USUAL_FILTERS,
): Command {
  for (const filter of filters) command.addOption(FILTERS[filter]());
  return command.option('--json', 'JSON for programs: amounts as decimal strings, times in UTC');
}

const FILTERS: Readonly<Record<FilterName, () => Option>> = {
  account: () => new Option('--account <address>', 'only this account').argParser(accountOf),
  bot: () => new Option('--bot <id>', 'only this trading bot'),
  token: () => new Option('--token <id>', 'only this outcome token').argParser(tokenOf),
  condition: () => new Option('--condition <id>', 'only this market').argParser(conditionOf),
};

/** Accounts are written in lower case everywhere; `paper:` in front means the paper books. */
export function accountOf(text: string): string {
  const account = text.toLowerCase();
  if (/^(paper:)?0x[0-9a-f]{40}$/.test(account)) return account;
  throw new InvalidArgumentError(
    `Expected 0x and 40 hex digits (paper: in front for paper books), found ${text}.`,
  );
}

/**
 * A uint256 in decimal, as the venue writes token ids; or one that the import made for a file
 * without token ids, from the file's market and the outcome's name.
 */
export function tokenOf(text: string): string {
  if (/^(\d{1,78}|file:[0-9a-f]{40}:.+)$/.test(text)) return text;
  throw new InvalidArgumentError(
    `Expected a token id in decimal digits, or file:… as --json shows it, found ${text}.`,
  );
}

/** A condition or negative-risk market of the chain; or a condition that the import made. */
export function conditionOf(text: string): string {
  const condition = text.toLowerCase();
  if (/^(0x[0-9a-f]{64}|file:[0-9a-f]{40})$/.test(condition)) return condition;
  throw new InvalidArgumentError(
    `Expected 0x and 64 hex digits, or file:… as --json shows it, found ${text}.`,
  );
}

export function limitOf(text: string): number {
  const limit = Number(text);
  if (/^\d+$/.test(text) && limit >= 1 && limit <= LIMIT_MAX) return limit;
  throw new InvalidArgumentError(`Expected a whole number from 1 to ${LIMIT_MAX}, found ${text}.`);
}
