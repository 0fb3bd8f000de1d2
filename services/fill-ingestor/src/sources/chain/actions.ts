/**
 * What a wallet did with its positions: each split, merge, redemption and conversion of a
 * transaction, paired with the transfers that carried it out (venue reference 1.6, chain reference
 * 5 and 7).
 *
 * Who did it follows from the transfers. Through a collateral adapter the events name the adapter,
 * and the tokens come from and go to the wallet in logs beside them:
 *
 *   adapter split     … PositionSplit(A) · C A→wallet          cash: P wallet→P before
 *   adapter merge     C wallet→A … PositionsMerge(A) …         cash: P 0→wallet after
 *   adapter redeem    C wallet→A · burns · PayoutRedemption(A) cash: P 0→wallet after
 *   adapter convert   C wallet→B … PositionsConverted(B) · C B→wallet    cash as above
 *   direct            transfers stand before the event          cash: USDC.e, before it
 *   by another        C wallet→R, then as R's own               cash: R→wallet (redeemed-for.ts)
 *
 * NegRiskAdapter carries its own actions out through ConditionalTokens, whose event then names
 * NegRiskAdapter: that one is a repetition, and of a conversion it is a part.
 */

import { type Contracts, isOthersCollateral } from './contracts.ts';
import {
  type CashTransfer,
  type ConversionEvent,
  type PositionEvent,
  type Seen,
  type TokenTransfer,
  type Wrap,
} from './events.ts';
import { redeemedFor } from './redeemed-for.ts';
import { conditionOfQuestion, type TokenPair, tokensOfCondition } from './token-sets.ts';

export const NOBODY = `0x${'0'.repeat(40)}`;

type Carried = {
  readonly wallet: string;
  /** Token transfers that were consumed, all of this wallet. */
  readonly tokens: readonly TokenTransfer[];
  /** Its cash, null where none was due. */
  readonly cash: CashTransfer | null;
};

export type PositionAction = Carried & {
  readonly kind: 'split' | 'merge' | 'redeem';
  readonly event: PositionEvent;
  readonly pair: TokenPair;
};

export type ConversionAction = Carried & {
  readonly kind: 'convert';
  readonly event: ConversionEvent;
  readonly questionCount: number;
  /** Shares of each YES that came in, and of cash by question given less one; after the fee. */
  readonly kept: bigint;
};

export type Action = PositionAction | ConversionAction;

/** Transfers and wraps that an action has claimed. */
export type Claimed = Set<Seen>;

type Scene = {
  readonly seen: readonly Seen[];
  readonly contracts: Contracts;
  readonly claimed: Claimed;
};

/** Where the tokens of an action came from and went to, seen from its wallet. */
type Way = {
  readonly wallet: string;
  /** Who took the wallet's tokens, who gave it tokens. */
  readonly taker: string;
  readonly giver: string;
  /** Whether what it got stands after the event. */
  readonly isAfter: boolean;
  readonly isAdapter: boolean;
};

/** The actions of the own wallets in log order. What it pairs is added to `claimed`. */
export function actionsOf(
  seen: readonly Seen[],
  own: ReadonlySet<string>,
  contracts: Contracts,
  claimed: Claimed,
): readonly Action[] {
  const scene: Scene = { seen, contracts, claimed };
  const actions: Action[] = [];
  for (const event of seen) {
    const action =
      event.kind === 'convert'
        ? conversionOf(event, scene, own)
        : event.kind === 'split' || event.kind === 'merge' || event.kind === 'redeem'
          ? positionOf(event, scene, own)
          : null;
    if (action === null) continue;
    for (const transfer of action.tokens) claimed.add(transfer);
    if (action.cash !== null) claimed.add(action.cash);
    actions.push(action);
  }
  return actions;
}

/**
 * Whoever acted on positions in a transaction and is no wallet of ours: what passes between them
 * and a wallet belongs to something that is not understood, not in or out of it.
 */
export function strangersIn(
  seen: readonly Seen[],
  own: ReadonlySet<string>,
  contracts: Contracts,
): ReadonlySet<string> {
  const strangers = new Set<string>();
  for (const event of seen) {
    if (!('holder' in event)) continue;
    strangers.add(event.holder);
    if (contracts.roleOf(event.holder) !== 'collateral_adapter') continue;
    for (const one of seen) {
      if (one.kind !== 'tokens') continue;
      if (one.from === event.holder) strangers.add(one.to);
      if (one.to === event.holder) strangers.add(one.from);
    }
  }
  return new Set([...strangers].filter((one) => !own.has(one) && one !== NOBODY));
}

function positionOf(
  event: PositionEvent,
  scene: Scene,
  own: ReadonlySet<string>,
): PositionAction | null {
  const role = scene.contracts.roleOf(event.holder);
  if (role === 'neg_risk_adapter' || !event.plain) return null;
  const collateral = event.collateral ?? scene.contracts.withRole('wrapped_collateral')[0];
  if (collateral === undefined || isOthersCollateral(collateral, scene.contracts)) return null;
  const pair = tokensOfCondition(event.conditionId, collateral);
  const isTheirs = (transfer: TokenTransfer): boolean =>
    event.kind === 'redeem' ? isWithin(transfer, pair) : isPairOf(transfer, pair, event.amount);
  const way = wayOf(event, event.kind, scene, isTheirs);
  if (way !== null && event.kind === 'redeem' && !own.has(way.wallet)) {
    const found = redeemedFor(event, pair, way.wallet, way.taker, scene, own);
    return found === null ? null : { kind: 'redeem', event, pair, ...found };
  }
  if (way === null || !own.has(way.wallet)) return null;
  const tokens =
    event.kind === 'split'
      ? [given(event, way, scene, isTheirs)]
      : event.kind === 'merge'
        ? [taken(event, way, scene, isTheirs).at(-1)]
        : redeemedBy(event, way, scene, isTheirs);
  const found = tokens.filter((transfer) => transfer !== undefined);
  // Nothing is burned where nothing was held: then the event says only that somebody asked.
  if (found.length < tokens.length || (event.kind !== 'redeem' && found.length === 0)) return null;
  const due = event.kind === 'split' ? -event.amount : event.amount;
  const cash = cashOf(event, way, scene, (amount) => amount === due, collateral);
  if (due !== 0n && cash === null) return null;
  return { kind: event.kind, event, pair, wallet: way.wallet, tokens: found, cash };
}

function conversionOf(
  event: ConversionEvent,
  scene: Scene,
  own: ReadonlySet<string>,
): ConversionAction | null {
  const [wrapped] = scene.contracts.withRole('wrapped_collateral');
  if (wrapped === undefined) return null;
  const marketId = event.marketId;
  const count = questionCountOf(event, scene);
  if (event.indexSet === 0n || event.indexSet >> BigInt(count) !== 0n) return null;
  const questions = Array.from({ length: count }, (_, index) => index);
  const pairAt = (index: number): TokenPair =>
    tokensOfCondition(conditionOfQuestion(event.log.address, marketId, index), wrapped);
  const isGiven = (index: number): boolean => ((event.indexSet >> BigInt(index)) & 1n) === 1n;
  const noIds = questions.filter(isGiven).map((index) => pairAt(index)[1]);
  const yesIds = questions.filter((index) => !isGiven(index)).map((index) => pairAt(index)[0]);
  const isOut = (transfer: TokenTransfer): boolean =>
    isEach(transfer, noIds) && transfer.entries.every((one) => one.quantity === event.amount);
  const isIn = (transfer: TokenTransfer): boolean => isEach(transfer, yesIds);
  const way = wayOf(event, 'convert', scene, isOut);
  if (way === null || !own.has(way.wallet)) return null;
  const out = taken(event, way, scene, isOut).at(-1);
  const into = yesIds.length === 0 ? null : given(event, way, scene, isIn);
  if (out === undefined || into === undefined) return null;
  const times = BigInt(noIds.length - 1);
  const quantity = into?.entries[0]?.quantity ?? null;
  const isDue = (amount: bigint): boolean =>
    quantity === null
      ? amount > 0n && amount % times === 0n && amount <= times * event.amount
      : amount === times * quantity;
  const cash = times === 0n ? null : cashOf(event, way, scene, isDue, null);
  const kept = quantity ?? (cash === null ? 0n : cash.amount / times);
  if (kept > event.amount || (cash === null && times * kept !== 0n)) return null;
  if (into?.entries.some((one) => one.quantity !== kept) === true) return null;
  const tokens = into === null ? [out] : [out, into];
  return { kind: 'convert', event, questionCount: count, kept, wallet: way.wallet, tokens, cash };
}

/** n of the event: the questions given, and those that ConditionalTokens split for it. */
function questionCountOf(event: ConversionEvent, { seen }: Scene): number {
  let splits = 0;
  for (let at = seen.indexOf(event) - 1; at >= 0; at -= 1) {
    const before = seen[at];
    if (before === undefined || before.kind === 'convert') break;
    const isOfAdapter = 'by' in before && before.by === 'neg_risk_adapter';
    if (isOfAdapter) break;
    const isInner = before.kind === 'split' && before.holder === event.log.address.toLowerCase();
    if (isInner) splits += 1;
  }
  return [...event.indexSet.toString(2)].filter((bit) => bit === '1').length + splits;
}

/** Who acted: the holder that the event names, or whose tokens its adapter handled. */
function wayOf(
  event: PositionEvent | ConversionEvent,
  kind: Action['kind'],
  scene: Scene,
  isTheirs: (transfer: TokenTransfer) => boolean,
): Way | null {
  const { holder } = event;
  if (scene.contracts.roleOf(holder) === 'collateral_adapter') {
    const beside =
      kind === 'split'
        ? after(event, scene, (one) => one.from === holder && isTheirs(one))
        : before(event, scene, (one) => one.to === holder && isTheirs(one)).at(-1);
    if (beside === undefined) return null;
    const wallet = kind === 'split' ? beside.to : beside.from;
    return { wallet, taker: holder, giver: holder, isAfter: true, isAdapter: true };
  }
  const isTokens = 'by' in event && event.by === 'conditional_tokens';
  const through = isTokens ? NOBODY : event.log.address.toLowerCase();
  const burn = scene.contracts.withRole('neg_risk_burn')[0] ?? through;
  const taker = kind === 'convert' ? burn : through;
  return { wallet: holder, taker, giver: through, isAfter: false, isAdapter: false };
}

/** Burns of a redemption: one batch through an adapter, a log for each token at its contract. */
function redeemedBy(
  event: PositionEvent,
  way: Way,
  scene: Scene,
  isTheirs: (transfer: TokenTransfer) => boolean,
): readonly TokenTransfer[] {
  const all = taken(event, way, scene, isTheirs);
  return way.isAdapter || way.taker !== NOBODY ? all.slice(-1) : all;
}

function taken(
  event: Seen,
  way: Way,
  scene: Scene,
  isTheirs: (transfer: TokenTransfer) => boolean,
): readonly TokenTransfer[] {
  return before(
    event,
    scene,
    (one) => one.from === way.wallet && one.to === way.taker && isTheirs(one),
  );
}

function given(
  event: Seen,
  way: Way,
  scene: Scene,
  isTheirs: (transfer: TokenTransfer) => boolean,
): TokenTransfer | undefined {
  const fits = (one: TokenTransfer): boolean =>
    one.from === way.giver && one.to === way.wallet && isTheirs(one);
  return way.isAfter ? after(event, scene, fits) : before(event, scene, fits).at(-1);
}

function before(event: Seen, scene: Scene, fits: (one: TokenTransfer) => boolean) {
  return transfersOf(scene).filter((one) => one.place < event.place && fits(one));
}

function after(event: Seen, scene: Scene, fits: (one: TokenTransfer) => boolean) {
  return transfersOf(scene).find((one) => one.place > event.place && fits(one));
}

function transfersOf({ seen, claimed }: Scene): readonly TokenTransfer[] {
  return seen.filter((one) => one.kind === 'tokens').filter((one) => !claimed.has(one));
}

/**
 * The cash of an action, positive where it came in. Through an adapter it is pUSD that is burned
 * before or minted after; directly it is the collateral itself, moved before the event.
 */
function cashOf(
  event: PositionEvent | ConversionEvent,
  way: Way,
  scene: Scene,
  isDue: (amount: bigint) => boolean,
  collateral: string | null,
): CashTransfer | null {
  const isSplit = event.kind === 'split';
  const isPusd =
    way.isAdapter || (collateral !== null && scene.contracts.roleOf(collateral) === 'pusd');
  const asset = isPusd ? 'pusd' : 'collateral';
  const fits = (one: CashTransfer): boolean => {
    if (one.asset !== asset || scene.claimed.has(one)) return false;
    const [holder, other] = isSplit ? [one.from, one.to] : [one.to, one.from];
    if (holder !== way.wallet || !isDue(isSplit ? -one.amount : one.amount)) return false;
    return way.isAdapter ? isWrapping(one, other, event, scene) : isVault(other, scene.contracts);
  };
  const all = scene.seen.filter((one) => one.kind === 'cash').filter(fits);
  const isLater = way.isAdapter && !isSplit;
  const found = isLater
    ? all.find((one) => one.place > event.place)
    : all.filter((one) => one.place < event.place).at(-1);
  return found ?? null;
}

/** Whether a transfer of pUSD was burned or minted by the adapter of the event. */
function isWrapping(
  cash: CashTransfer,
  other: string,
  event: PositionEvent | ConversionEvent,
  { seen }: Scene,
): boolean {
  const isSplit = event.kind === 'split';
  if (other !== (isSplit ? cash.log.address.toLowerCase() : NOBODY)) return false;
  const wrap = seen.find(
    (one): one is Wrap =>
      one.kind === (isSplit ? 'unwrapped' : 'wrapped') &&
      one.place > cash.place &&
      one.amount === cash.amount,
  );
  return wrap?.caller === event.holder;
}

function isVault(address: string, contracts: Contracts): boolean {
  const role = contracts.roleOf(address);
  return (
    role === 'conditional_tokens' || role === 'neg_risk_adapter' || role === 'wrapped_collateral'
  );
}

/** Both tokens of the condition, the same quantity of each. */
function isPairOf(transfer: TokenTransfer, pair: TokenPair, quantity: bigint): boolean {
  return isEach(transfer, pair) && transfer.entries.every((one) => one.quantity === quantity);
}

function isWithin(transfer: TokenTransfer, pair: TokenPair): boolean {
  const isIn = transfer.entries.every((one) => pair.includes(one.tokenId));
  return isIn && transfer.entries.length > 0;
}

function isEach({ entries }: TokenTransfer, ids: readonly string[]): boolean {
  return (
    entries.length === ids.length && ids.every((id) => entries.some((one) => one.tokenId === id))
  );
}
