/**
 * Transfers of a wallet that no match and no action claimed: shares and pUSD that came in or went
 * out. The other end says what they are: a payer of rebates or rewards, an onramp, anybody. At the
 * other end of such a transfer never stands a contract of the venue, nor, of a wallet that gave
 * something in the transaction, somebody who acted on positions in between: then something happened
 * that is not understood, and it is not a deposit. To a wallet that gave nothing it was given.
 *
 * Anybody can make tokens at ConditionalTokens, of any collateral and in any number, and send them
 * to whomever they like. A token that the ledger does not know is foreign: kept by name and not
 * booked. But where what the wallet gave is not understood, shares that it got of somebody who
 * acted are what it got for it: they are not told without the rest once their token is known.
 */

import { type Claimed, NOBODY } from './actions.ts';
import { type ContractRole, type Contracts, isOthersCollateral, PAID_KINDS } from './contracts.ts';
import { type CashTransfer, type Seen, type TokenEntry, type TokenTransfer } from './events.ts';
import { type CashLeg, type TransferLeg } from './movement-values.ts';
import { tokensOfCondition } from './token-sets.ts';

export type LooseLegs = {
  readonly transfers: readonly TransferLeg[];
  /** Of tokens that the ledger does not know. */
  readonly foreign: readonly TransferLeg[];
  readonly cash: readonly CashLeg[];
  /** What is at neither end anybody's: transfers with the sentence that says why. */
  readonly odd: readonly { readonly because: string; readonly transfer: Seen }[];
};

export const NO_LOOSE_LEGS: LooseLegs = { transfers: [], foreign: [], cash: [], odd: [] };

/** Contracts that hand shares or cash out only for something. */
const NEVER_GIVE: ReadonlySet<ContractRole> = new Set([
  'exchange',
  'exchange_v1',
  'conditional_tokens',
  'neg_risk_adapter',
  'neg_risk_burn',
  'collateral_adapter',
  'wrapped_collateral',
]);

/** What the transfers of a wallet are judged by. */
export type Judging = {
  readonly contracts: Contracts;
  readonly strangers: ReadonlySet<string>;
  readonly claimed: Claimed;
  /** Whether the ledger knows a token. */
  readonly knows: (tokenId: string) => boolean;
};

/** What is left of a wallet's transfers. */
export function looseLegs(wallet: string, seen: readonly Seen[], judging: Judging): LooseLegs {
  const { contracts, strangers, claimed, knows } = judging;
  const rest = seen.filter(
    (one): one is TokenTransfer | CashTransfer =>
      (one.kind === 'tokens' || one.kind === 'cash') &&
      !claimed.has(one) &&
      (one.from === wallet) !== (one.to === wallet),
  );
  const gave = rest.some((one) => one.from === wallet && isSomething(one));
  const isVenue = (address: string): boolean => {
    const role = contracts.roleOf(address);
    return (role !== null && NEVER_GIVE.has(role)) || (gave && strangers.has(address));
  };
  const others = othersTokens(seen, contracts);
  const isForeign = (one: TokenTransfer, tokenId: string): boolean => {
    if (others.has(tokenId)) return true;
    const role = contracts.roleOf(otherEnd(wallet, one));
    return !knows(tokenId) && otherEnd(wallet, one) !== NOBODY && !(role && NEVER_GIVE.has(role));
  };
  const transfers: TransferLeg[] = [];
  const foreign: TransferLeg[] = [];
  const cash: CashLeg[] = [];
  const odd: { because: string; transfer: Seen }[] = [];
  const got: { because: string; transfer: TokenTransfer }[] = [];
  const wraps: Claimed = new Set();
  for (const one of rest) {
    if (one.kind === 'cash') {
      if (one.asset !== 'pusd' || one.amount === 0n) continue;
      const leg = paid(wallet, one, { seen, contracts, wraps, isVenue });
      if (typeof leg === 'string') odd.push({ because: leg, transfer: one });
      else cash.push(leg);
      continue;
    }
    const entries = one.entries.filter(({ quantity }) => quantity > 0n);
    const [theirs, ours] = parted(entries, ({ tokenId }) => isForeign(one, tokenId));
    const because = whyOdd(wallet, one, contracts, isVenue);
    const [spam, unknown] = parted(
      theirs,
      ({ tokenId }) => because === null || others.has(tokenId),
    );
    foreign.push(...legsOf(wallet, one, spam, contracts));
    if (because === null) transfers.push(...legsOf(wallet, one, ours, contracts));
    else if (ours.length > 0) odd.push({ because, transfer: { ...one, entries: ours } });
    if (because !== null && unknown.length > 0) {
      got.push({ because, transfer: { ...one, entries: unknown } });
    }
  }
  if (odd.length > 0) return { transfers, foreign, cash, odd: [...odd, ...got] };
  const kept = got.flatMap(({ transfer }) => legsOf(wallet, transfer, transfer.entries, contracts));
  return { transfers, foreign: [...foreign, ...kept], cash, odd };
}

function isSomething(one: TokenTransfer | CashTransfer): boolean {
  return one.kind === 'cash' ? one.amount > 0n : one.entries.some(({ quantity }) => quantity > 0n);
}

/** Tokens that the transaction itself shows to be of a collateral that is none of the venue's. */
function othersTokens(seen: readonly Seen[], contracts: Contracts): ReadonlySet<string> {
  return new Set(
    seen.flatMap((one) => {
      const collateral = 'collateral' in one ? one.collateral : null;
      if (collateral === null || !('conditionId' in one)) return [];
      if (!isOthersCollateral(collateral, contracts)) return [];
      return tokensOfCondition(one.conditionId, collateral);
    }),
  );
}

function whyOdd(
  wallet: string,
  one: TokenTransfer,
  contracts: Contracts,
  isVenue: (address: string) => boolean,
): string | null {
  const counterparty = otherEnd(wallet, one);
  const isMatch = contracts.roleOf(one.operator) === 'exchange';
  if (counterparty !== NOBODY && !isVenue(counterparty) && !isMatch) return null;
  const whom = counterparty === NOBODY ? 'no address (a mint or a burn)' : counterparty;
  return (
    `Expected shares ${one.from === wallet ? 'to' : 'from'} ${whom} to belong to a match or an ` +
    `action on positions; found none that they fit.`
  );
}

function legsOf(
  wallet: string,
  one: TokenTransfer,
  entries: readonly TokenEntry[],
  contracts: Contracts,
): readonly TransferLeg[] {
  const counterparty = otherEnd(wallet, one);
  return entries.map((entry) => ({
    ...entry,
    direction: one.from === wallet ? 'OUT' : 'IN',
    counterparty,
    isMigration: contracts.roleOf(counterparty) === 'migrator',
    logIndex: indexOf(one),
  }));
}

function otherEnd(wallet: string, { from, to }: TokenTransfer): string {
  return from === wallet ? to : from;
}

function parted<Each>(all: readonly Each[], isFirst: (one: Each) => boolean) {
  return [all.filter(isFirst), all.filter((one) => !isFirst(one))] as const;
}

type Around = {
  readonly seen: readonly Seen[];
  readonly contracts: Contracts;
  /** Wraps that explain a transfer already. */
  readonly wraps: Claimed;
  readonly isVenue: (address: string) => boolean;
};

function paid(
  wallet: string,
  one: CashTransfer,
  { seen, contracts, wraps, isVenue }: Around,
): CashLeg | string {
  const isOut = one.from === wallet;
  const other = isOut ? one.to : one.from;
  const isMade = isOut ? contracts.roleOf(other) === 'pusd' : other === NOBODY;
  const counterparty = isMade ? wrapperOf(one, isOut, seen, wraps) : other;
  const role = counterparty === null ? null : contracts.roleOf(counterparty);
  if (counterparty === null || counterparty === NOBODY || isVenue(counterparty)) {
    return (
      `Expected pUSD ${isOut ? 'to' : 'from'} ${counterparty ?? 'no address'} to belong to a ` +
      `match or an action on positions; found none that it fits.`
    );
  }
  const kind = !isOut && role !== null && role in PAID_KINDS ? paidKind(role) : null;
  return {
    kind: kind ?? (isOut ? 'WITHDRAWAL' : 'DEPOSIT'),
    amount: isOut ? -one.amount : one.amount,
    counterparty,
    conditionId: null,
    logIndex: indexOf(one),
  };
}

/** Who had pUSD made of collateral for the wallet, or taken back; each wrap explains one. */
function wrapperOf(
  cash: CashTransfer,
  isOut: boolean,
  seen: readonly Seen[],
  wraps: Claimed,
): string | null {
  for (const one of seen) {
    if (one.kind !== (isOut ? 'unwrapped' : 'wrapped') || one.place < cash.place) continue;
    if (one.amount !== cash.amount || wraps.has(one)) continue;
    wraps.add(one);
    return one.caller;
  }
  return null;
}

function paidKind(role: ContractRole): string | null {
  return (PAID_KINDS as Partial<Record<ContractRole, string>>)[role] ?? null;
}

function indexOf({ log }: Seen): number | null {
  return log.logIndex === null ? null : Number(log.logIndex); // tidy-ok: a place, never money.
}
