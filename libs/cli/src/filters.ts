/** The options that all listing commands share, and how their values are read. */

import { InvalidArgumentError, Option, type Command } from 'commander';

export type ListOptions = {
  readonly account?: string;
  readonly bot?: string;
  readonly token?: string;
  readonly fillId?: string;
  readonly limit: number;
  readonly json?: boolean;
};

export const LIMIT_DEFAULT = 50;
export const LIMIT_MAX = 1_000_000;

/** Adds --account, --bot, --token, --limit and --json. */
export function withListOptions(command: Command): Command {
  const limit = new Option('--limit <rows>', 'at most so many rows');
  return withFilters(command).addOption(limit.argParser(limitOf).default(LIMIT_DEFAULT));
}

/** Adds --account, --bot, --token and --json. */
export function withFilters(command: Command): Command {
  return command
    .addOption(new Option('--account <address>', 'only this account').argParser(accountOf))
    .option('--bot <id>', 'only this trading bot')
    .addOption(new Option('--token <id>', 'only this outcome token').argParser(tokenOf))
    .option('--json', 'JSON for programs: amounts as decimal strings, times in UTC');
}

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

export function limitOf(text: string): number {
  const limit = Number(text);
  if (/^\d+$/.test(text) && limit >= 1 && limit <= LIMIT_MAX) return limit;
  throw new InvalidArgumentError(`Expected a whole number from 1 to ${LIMIT_MAX}, found ${text}.`);
}
