/**
 * The on-chain side of a window (rule B13): what the books had at its last block, what the chain
 * said, and what comes of the two.
 */

import {
  checkAccount,
  checkWindow,
  dateOfTime,
  type ReconciliationSeverity,
  type ReconciliationStatus,
  type Standing,
} from '@polytraders/domain';
import { pusd, shares } from '@polytraders/money';
import { type Cut, type Leg, type Observation, type Opening } from './cut.ts';
import { exactHash } from './exact-json.ts';
import {
  type AccountState,
  type DeskState,
  type LegsState,
  NO_LEGS,
  type WindowState,
} from './state.ts';
import { tokensWith } from './take.ts';

export type Verdict = {
  readonly status: ReconciliationStatus;
  readonly severity: ReconciliationSeverity;
  /** Σ |drift|; null while it is pending. */
  readonly drift: bigint | null;
  readonly balance: bigint | null;
  /** False where an account disagrees or did not answer; null while nothing speaks against it. */
  readonly reconciled: boolean | null;
  readonly accounts: readonly {
    readonly account: string;
    readonly balance: bigint | null;
    readonly drift: bigint | null;
    readonly status: ReconciliationStatus;
  }[];
};

const NEW_ACCOUNT: AccountState = {
  booksCash: 0n,
  booksTokens: new Map(),
  block: null,
  chainCash: null,
  chainTokens: new Map(),
  error: null,
};

/**
 * How the window stands, over all wallets that had anything by its end. One whose books begin later
 * has a balance on the chain that nothing is known of yet: its opening balance will say it.
 */
export function verdictOf(window: WindowState, accounts: DeskState['accounts']): Verdict {
  const { settings, end } = window;
  const last = dateOfTime(end);
  const names = new Set<string>();
  for (const [account, since] of accounts) if (since < last) names.add(account);
  for (const [account, state] of window.accounts) {
    if (state.booksCash !== 0n || state.booksTokens.size > 0) names.add(account);
  }
  const tolerance = pusd(settings.tolerance);
  const checks = [...names].map((account) => {
    const state = window.accounts.get(account) ?? NEW_ACCOUNT;
    const books = standing(state.booksCash, state.booksTokens);
    return checkAccount(account, books, chainOf(window, state), tolerance);
  });
  const { status, severity, drift, balance, accounts: judged } = checkWindow(checks, tolerance);
  return {
    status,
    severity,
    drift,
    balance,
    reconciled: reconciledOf(window, status),
    accounts: judged,
  };
}

/** What a reviewer approves: wallets with drift and status of this hash, and no others. */
export function verdictHash({ accounts }: Verdict): string {
  return exactHash(accounts.map(({ account, drift, status }) => [account, drift, status]));
}

/** Whether every wallet of a verdict had its answer. */
export function isAnswered({ accounts }: Verdict): boolean {
  return accounts.every(({ status }) => status !== 'PENDING');
}

function reconciledOf(
  { errors, isForgotten }: WindowState,
  status: ReconciliationStatus,
): boolean | null {
  if (status === 'RECONCILED') return true;
  return status === 'PENDING' && errors === 0 && !isForgotten ? null : false;
}

/** The chain's answer, where it is of the window's block. */
function chainOf({ block }: WindowState, state: AccountState): Standing | null {
  if (block === null || state.block !== block || state.chainCash === null) return null;
  return standing(state.chainCash, state.chainTokens);
}

function standing(cash: bigint, tokens: ReadonlyMap<string, bigint>): Standing {
  const held = [...tokens].map(([token, quantity]) => [token, shares(quantity)] as const);
  return { cash: pusd(cash), tokens: new Map(held) };
}

/**
 * The window with answers of the chain. Of two about one wallet and block the later one adds the
 * tokens that it was asked for; of another block it stands in place of the first.
 */
export function withObservations(
  window: WindowState,
  observations: readonly Observation[],
): WindowState {
  if (observations.length === 0) return window;
  const accounts = new Map(window.accounts);
  for (const { account, block, cash, tokens, error } of observations) {
    const before = accounts.get(account) ?? NEW_ACCOUNT;
    // An error takes no earlier answer away.
    if (error !== null) {
      accounts.set(account, { ...before, error });
      continue;
    }
    const known = before.block === block ? before.chainTokens : [];
    const chainTokens = new Map([...known, ...tokens]);
    accounts.set(account, { ...before, block, chainCash: cash, chainTokens, error });
  }
  return { ...window, accounts };
}

/** The window with legs that came after its block was passed, and openings of before its end. */
export function withLateLegs(
  window: WindowState,
  legs: readonly Leg[],
  openings: readonly Opening[],
): WindowState {
  const { block, end } = window;
  if (block === null) return window;
  const begun = openings.filter(({ at }) => at < end);
  const late = [...legs.filter((leg) => leg.block <= block), ...begun];
  return late.length === 0 ? window : { ...window, accounts: moreLegs(window.accounts, late) };
}

/**
 * The window with its last block, and what the books have up to it: what they have up to the last
 * block that was passed, less what is behind its own. Of a window that ended before the lines that
 * are kept, nobody can say it any more: it stays without.
 */
export function withBlock(
  window: WindowState,
  { legsBehind }: Cut,
  block: number,
  legs: ReadonlyMap<string, LegsState>,
): WindowState {
  if (legsBehind?.isWhole === false) return { ...window, isForgotten: true };
  const accounts = new Map<string, AccountState>();
  for (const [account, state] of window.accounts) {
    accounts.set(account, { ...state, booksCash: 0n, booksTokens: new Map() });
  }
  const moved: Moved[] = [];
  for (const [account, state] of legs) {
    if (state === NO_LEGS) continue;
    const before = accounts.get(account) ?? NEW_ACCOUNT;
    accounts.set(account, { ...before, booksCash: state.cash, booksTokens: state.tokens });
    for (const one of state.openings) if (one.at < window.end) moved.push({ ...one, account });
  }
  for (const leg of legsBehind?.legs ?? []) moved.push({ ...leg, amount: -leg.amount });
  return { ...window, block, isForgotten: false, accounts: moreLegs(accounts, moved) };
}

type Moved = Omit<Leg, 'block'>;

function moreLegs(
  before: ReadonlyMap<string, AccountState>,
  legs: readonly Moved[],
): ReadonlyMap<string, AccountState> {
  const accounts = new Map(before);
  for (const account of new Set(legs.map((leg) => leg.account))) {
    const own = legs.filter((leg) => leg.account === account);
    const state = accounts.get(account) ?? NEW_ACCOUNT;
    const cash = own.reduce((sum, { token, amount }) => (token === null ? sum + amount : sum), 0n);
    accounts.set(account, {
      ...state,
      booksCash: state.booksCash + cash,
      booksTokens: tokensWith(state.booksTokens, own),
    });
  }
  return accounts;
}
