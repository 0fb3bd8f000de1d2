/**
 * Paper accounts (rule B16): books of their own under `paper:0x…`, so that no key, no sum and no
 * report can mix what was traded with what was pretended.
 */

const PREFIX = 'paper:';

/** The account under which paper fills of `account` are kept. */
export function paperAccount(account: string): string {
  return isPaperAccount(account) ? account : PREFIX + account;
}

/** Whether the account holds paper books. */
export function isPaperAccount(account: string): boolean {
  return account.startsWith(PREFIX);
}
