/**
 * Transfers of a wallet that no match and no action claimed: shares and pUSD that came in or went
 * out. The other end says what they are: a payer of rebates or rewards, an onramp, anybody. At the
 * other end of such a transfer never stands a contract of the venue: then something happened that
 * is not understood, and it is not a deposit.
 */

import { type Claimed, NOBODY } from './actions.ts';
import { type ContractRole, type Contracts, PAID_KINDS } from './contracts.ts';
import { type CashTransfer, type Seen, type TokenTransfer } from './events.ts';
import { type CashLeg, type TransferLeg } from './movement-values.ts';

export type LooseLegs = {
  readonly transfers: readonly TransferLeg[];
  readonly cash: readonly CashLeg[];
  /** What is at neither end anybody's: transfers with the sentence that says why. */
  readonly odd: readonly { readonly because: string; readonly transfer: Seen }[];
};

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

/** What is left of a wallet's transfers. */
export function looseLegs(
  wallet: string,
  seen: readonly Seen[],
  contracts: Contracts,
  strangers: ReadonlySet<string>,
  claimed: Claimed,
): LooseLegs {
  const isVenue = (address: string): boolean => {
    const role = contracts.roleOf(address);
    return (role !== null && NEVER_GIVE.has(role)) || strangers.has(address);
  };
  const transfers: TransferLeg[] = [];
  const cash: CashLeg[] = [];
  const odd: { because: string; transfer: Seen }[] = [];
  const wraps: Claimed = new Set();
  for (const one of seen) {
    if (one.kind !== 'tokens' && one.kind !== 'cash') continue;
    if (claimed.has(one) || (one.from === wallet) === (one.to === wallet)) continue;
    if (one.kind === 'tokens') {
      const legs = transferred(wallet, one, contracts, isVenue);
      if (typeof legs === 'string') odd.push({ because: legs, transfer: one });
      else transfers.push(...legs);
    } else if (one.asset === 'pusd' && one.amount > 0n) {
      const leg = paid(wallet, one, { seen, contracts, wraps, isVenue });
      if (typeof leg === 'string') odd.push({ because: leg, transfer: one });
      else cash.push(leg);
    }
  }
  return { transfers, cash, odd };
}

function transferred(
  wallet: string,
  one: TokenTransfer,
  contracts: Contracts,
  isVenue: (address: string) => boolean,
): readonly TransferLeg[] | string {
  const counterparty = one.from === wallet ? one.to : one.from;
  const entries = one.entries.filter(({ quantity }) => quantity > 0n);
  const isMatch = contracts.roleOf(one.operator) === 'exchange';
  if (entries.length > 0 && (counterparty === NOBODY || isVenue(counterparty) || isMatch)) {
    const whom = counterparty === NOBODY ? 'no address (a mint or a burn)' : counterparty;
    return (
      `Expected shares ${one.from === wallet ? 'to' : 'from'} ${whom} to belong to a match or an ` +
      `action on positions; found none that they fit.`
    );
  }
  return entries.map((entry) => ({
    ...entry,
    direction: one.from === wallet ? 'OUT' : 'IN',
    counterparty,
    isMigration: contracts.roleOf(counterparty) === 'migrator',
    logIndex: indexOf(one),
  }));
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
