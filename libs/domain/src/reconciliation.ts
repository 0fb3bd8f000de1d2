/**
 * Do books and chain agree (rule B13)? Judged account by account, at the last block N before the
 * window's end, over what the books say has a block up to N.
 *
 *   cash    balance_N − opening balance = Σ cash legs        drift = books − chain, signed
 *   tokens  Σ lots = ERC-1155 balance, token by token        drift = Σ |books − chain| × 1 pUSD
 *
 * A share counts its largest payout, 1 pUSD. The larger of the two decides. Drifts of accounts are
 * never set off against each other: +60 and −60 are 120 apart, and two accounts are wrong.
 *
 *   |drift| ≤ tolerance          RECONCILED
 *   more                         FAILED          warn; a page above max(10, tolerance)
 *   more than 50                 UNRECONCILED    a page, and the report is HELD until reviewed
 *   no answer of the chain       PENDING         asked again; nobody guesses. The same where a
 *                                               token of the books was not asked for
 *
 * What is not here: reading balances, and which entries have which block.
 */

import { pusd, type PusdMicros, type ShareMicros } from '@polytraders/money';

export type ReconciliationStatus = 'RECONCILED' | 'PENDING' | 'FAILED' | 'UNRECONCILED';

/** How urgent a verdict is. */
export type ReconciliationSeverity = 'NONE' | 'WARN' | 'PAGE' | 'HOLD';

/** Above it, and above the tolerance, somebody is called: 10 pUSD. */
export const DRIFT_PAGE_PUSD: PusdMicros = pusd(10_000_000n);
/** Above it the report is HELD: 50 pUSD. */
export const DRIFT_HOLD_PUSD: PusdMicros = pusd(50_000_000n);

/**
 * pUSD and shares of a wallet at one block. Of the books a token that is left out is none; of the
 * chain it was not asked for, and one of which there is none is there with 0.
 */
export type Standing = {
  readonly cash: PusdMicros;
  readonly tokens: ReadonlyMap<string, ShareMicros>;
};

export type AccountCheck = {
  readonly account: string;
  /** What the chain says; null without its answer. */
  readonly balance: PusdMicros | null;
  /** Of cash signed, books less chain; of tokens their largest worth. Null while PENDING. */
  readonly drift: PusdMicros | null;
  readonly status: ReconciliationStatus;
};

/** Compares one account. `chain` is null where the chain has not answered. */
export function checkAccount(
  account: string,
  books: Standing,
  chain: Standing | null,
  tolerance: PusdMicros,
): AccountCheck {
  if (chain === null) return { account, balance: null, drift: null, status: 'PENDING' };
  const cash = books.cash - chain.cash;
  const tokens = tokenDrift(books.tokens, chain.tokens);
  const drift = pusd(tokens > absolute(cash) ? tokens : cash);
  const status = statusOf(drift, tolerance);
  if (status === 'RECONCILED' && lacks(books.tokens, chain.tokens))
    return { account, balance: chain.cash, drift: null, status: 'PENDING' };
  return { account, balance: chain.cash, drift, status };
}

/**
 * Σ |books − chain| over the tokens that the chain was asked for: of each share its largest payout,
 * 1 pUSD.
 */
export function tokenDrift(
  books: ReadonlyMap<string, bigint>,
  chain: ReadonlyMap<string, bigint>,
): PusdMicros {
  let drift = 0n;
  for (const [token, quantity] of chain) drift += absolute((books.get(token) ?? 0n) - quantity);
  return pusd(drift);
}

/** Whether the books hold something that the chain was not asked for. */
function lacks(books: ReadonlyMap<string, bigint>, chain: ReadonlyMap<string, bigint>): boolean {
  return [...books].some(([token, quantity]) => quantity !== 0n && !chain.has(token));
}

/** All accounts of a window together. */
export type WindowCheck = {
  /** The worst of its accounts; PENDING where there is none. */
  readonly status: ReconciliationStatus;
  /** Σ |drift| of those that were compared; null while PENDING is the worst. */
  readonly drift: PusdMicros | null;
  /** Σ of what the chain says; null where one account lacks its answer. */
  readonly balance: PusdMicros | null;
  readonly severity: ReconciliationSeverity;
  readonly accounts: readonly AccountCheck[];
};

const GRAVITY: readonly ReconciliationStatus[] = [
  'RECONCILED',
  'PENDING',
  'FAILED',
  'UNRECONCILED',
];

/** The worst status and Σ |drift|, never a sum of signed drifts. Accounts come back sorted. */
export function checkWindow(checks: readonly AccountCheck[], tolerance: PusdMicros): WindowCheck {
  const accounts = [...checks].sort((a, b) => (a.account < b.account ? -1 : 1));
  const gravest = accounts.reduce((most, { status }) => Math.max(most, GRAVITY.indexOf(status)), 0);
  const status = accounts.length === 0 ? 'PENDING' : (GRAVITY[gravest] ?? 'PENDING');
  const drift = accounts.reduce((sum, one) => sum + absolute(one.drift ?? 0n), 0n);
  const isWhole = accounts.length > 0 && accounts.every(({ balance }) => balance !== null);
  const balance = accounts.reduce((sum, one) => sum + (one.balance ?? 0n), 0n);
  return {
    status,
    drift: status === 'PENDING' ? null : pusd(drift),
    balance: isWhole ? pusd(balance) : null,
    severity: worstSeverity(accounts, tolerance),
    accounts,
  };
}

/** How urgent one drift is. */
export function severityOf(drift: PusdMicros, tolerance: PusdMicros): ReconciliationSeverity {
  const size = absolute(drift);
  if (size <= tolerance) return 'NONE';
  if (size > DRIFT_HOLD_PUSD) return 'HOLD';
  const page = tolerance > DRIFT_PAGE_PUSD ? tolerance : DRIFT_PAGE_PUSD;
  return size > page ? 'PAGE' : 'WARN';
}

function statusOf(drift: PusdMicros, tolerance: PusdMicros): ReconciliationStatus {
  const severity = severityOf(drift, tolerance);
  if (severity === 'NONE') return 'RECONCILED';
  return severity === 'HOLD' ? 'UNRECONCILED' : 'FAILED';
}

const URGENCY: readonly ReconciliationSeverity[] = ['NONE', 'WARN', 'PAGE', 'HOLD'];

function worstSeverity(
  accounts: readonly AccountCheck[],
  tolerance: PusdMicros,
): ReconciliationSeverity {
  const worst = accounts.reduce((most, { drift }) => {
    if (drift === null) return most;
    return Math.max(most, URGENCY.indexOf(severityOf(drift, tolerance)));
  }, 0);
  return URGENCY[worst] ?? 'NONE';
}

function absolute(amount: bigint): bigint {
  return amount < 0n ? -amount : amount;
}
