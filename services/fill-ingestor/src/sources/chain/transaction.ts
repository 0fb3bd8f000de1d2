/**
 * One transaction as the wallets of the ledger lived it: fills, movements, and what of it could not
 * be told apart. Pure: logs in, inputs for the writer out.
 *
 * Every transfer of a wallet belongs to a match, to an action on positions, or to nobody but the
 * wallet: then it came in or went out. What fits none of them is named, never dropped. In the end,
 * for each wallet, token by token and in pUSD, to the unit,
 *
 *     Σ fills + Σ movements + foreign tokens + what is named as not understood = Σ transfers
 *
 * or all that the transaction says about that wallet but its fills is set aside.
 *
 * The books hold pUSD. What is done directly at ConditionalTokens or NegRiskAdapter moves USDC.e
 * instead: the movement stands with its cash, and a deposit or withdrawal of the same amount beside
 * it says that the pUSD did not change.
 */

import { formatMicros } from '@polytraders/money';
import { readTransaction, type TransactionLog } from '../chain-logs.ts';
import { type JsonRecord } from '../../raw.ts';
import {
  type Action,
  actionsOf,
  type Claimed,
  type PositionAction,
  strangersIn,
} from './actions.ts';
import { type ContractBook, type Contracts, contractsAt, contractsEver } from './contracts.ts';
import { decode, type ResolutionEvent, type Seen } from './events.ts';
import { looseLegs, NO_LOOSE_LEGS } from './loose-legs.ts';
import { claimMatches, legsOfFills, legsOfTransfers, type ReadFill, tradersOf } from './matches.ts';
import { addLegs, addToken, noLegs, sameLegs } from './movement-legs.ts';
import {
  type CashLeg,
  type Legs,
  type Movement,
  movementsOfActions,
  movementsOfCash,
  movementsOfTransfers,
  type TokenNames,
  type TransactionPlace,
} from './movement-values.ts';

export type Unclassified = {
  readonly account: string;
  /** What was expected, what was found. */
  readonly because: string;
  /** Shares and pUSD of the wallet that are not booked, signed decimals. */
  readonly legs: JsonRecord;
};

export type WalletTransaction = {
  readonly place: TransactionPlace;
  /** Fills of the own wallets; those whose cash the transfers contradict have no refund. */
  readonly fills: readonly ReadFill[];
  readonly movements: readonly Movement[];
  /** Transfers of tokens that the ledger does not know: kept by name, not booked. */
  readonly foreign: readonly Movement[];
  /** Tokens that fills and actions of own wallets name: the ledger knows them from here on. */
  readonly named: readonly string[];
  readonly resolutions: readonly ResolutionEvent[];
  readonly unclassified: readonly Unclassified[];
  /** Logs of known contracts that are not what their contract writes, as sentences. */
  readonly malformed: readonly string[];
  /** Own wallets that it has to do with. */
  readonly wallets: readonly string[];
  /** All of its logs, as they were read. */
  readonly logs: readonly TransactionLog[];
  /** Redemptions of own wallets that burned nothing. */
  readonly empty: number;
};

/** The whole of a transaction, for the wallets that are ours. */
type Story = {
  readonly seen: readonly Seen[];
  readonly contracts: Contracts;
  readonly place: TransactionPlace;
  readonly actions: readonly Action[];
  readonly traders: ReadonlySet<string>;
  readonly strangers: ReadonlySet<string>;
  readonly names: TokenNames;
  readonly claimed: Claimed;
  readonly knows: (tokenId: string) => boolean;
};

/**
 * Reads the logs of one transaction, all of them, for the wallets in `own` (lower case). Without
 * any transfer among them (a list of exchange logs only) it answers fills and no movements. Tokens
 * that the ledger does not know, nor this transaction names, are foreign.
 */
export function readWalletTransaction(
  logs: readonly TransactionLog[],
  own: ReadonlySet<string>,
  book: ContractBook,
  isKnown: (tokenId: string) => boolean = () => true,
): WalletTransaction {
  const standing = logs.filter((log) => log.removed !== true);
  const place = placeOf(standing);
  const contracts = contractsOfBlock(place.blockNumber, book);
  const malformed: string[] = [];
  const seen = standing.flatMap((log, at): readonly Seen[] => {
    const one = decode(log, at, contracts);
    if (typeof one !== 'string') return one === null ? [] : [one];
    malformed.push(one);
    return [];
  });
  const exchanges = contracts.withRole('exchange');
  const matches = readTransaction(standing, exchanges, contracts.withRole('pusd')[0]);
  malformed.push(...matches.malformed.map(({ because }) => because));
  const claimed: Claimed = new Set();
  const actions = actionsOf(seen, own, contracts, claimed);
  const traders = tradersOf(matches.fills, seen, contracts);
  const strangers = strangersIn(seen, own, contracts);
  const names = namesOf(actions);
  const named = namedIn(matches.fills, actions, own);
  const knows = (tokenId: string): boolean => named.has(tokenId) || isKnown(tokenId);
  const story = { seen, contracts, place, actions, traders, strangers, names, claimed, knows };
  const wallets = [...own].filter((wallet) => isIn(wallet, matches.fills, story));
  const told = wallets.map((wallet) => tell(wallet, matches.fills, story));
  return {
    place,
    malformed,
    wallets,
    logs: standing,
    fills: told.flatMap((one) => one.fills),
    movements: told.flatMap((one) => one.movements),
    foreign: told.flatMap((one) => one.foreign),
    named: [...named],
    unclassified: told.flatMap((one) => one.unclassified),
    resolutions: seen.filter((one) => one.kind === 'resolution'),
    empty: actions.filter(isEmpty).length,
  };
}

/** The contracts in use where some logs stand; all there ever were where that is not said. */
export function contractsWhere(logs: readonly TransactionLog[], book: ContractBook): Contracts {
  return contractsOfBlock(placeOf(logs).blockNumber, book);
}

function contractsOfBlock(block: number | null, book: ContractBook): Contracts {
  return block === null ? contractsEver(book) : contractsAt(book, block);
}

/** Whether a wallet traded, acted or moved anything. */
function isIn(wallet: string, all: readonly ReadFill[], { seen, actions }: Story): boolean {
  return (
    all.some((fill) => fill.event.maker === wallet) ||
    actions.some((action) => action.wallet === wallet) ||
    seen.some((one) => 'from' in one && (one.from === wallet || one.to === wallet))
  );
}

type Told = Pick<WalletTransaction, 'fills' | 'movements' | 'foreign' | 'unclassified'>;

function tell(wallet: string, all: readonly ReadFill[], story: Story): Told {
  const { seen, contracts, place } = story;
  // A transfer between two wallets of ours is told by both.
  const claimed: Claimed = new Set(story.claimed);
  const fills = all.filter((fill) => fill.event.maker === wallet);
  const moved = legsOfTransfers(wallet, seen);
  const isBlind = !seen.some((one) => one.kind === 'tokens' || one.kind === 'cash');
  if (isBlind) return { fills, movements: [], foreign: [], unclassified: [] };
  const oddMatch = claimMatches(wallet, fills, story.traders, seen, contracts, claimed);
  const known = oddMatch === null ? fills : fills.map((fill) => ({ ...fill, refund: null }));
  const mine = story.actions.filter((action) => action.wallet === wallet);
  // Where its matches do not add up, nobody can say what of the rest is loose.
  const loose = oddMatch === null ? looseLegs(wallet, seen, { ...story, claimed }) : NO_LOOSE_LEGS;
  const foreign = movementsOfTransfers(wallet, loose.foreign, story.names, place);
  const movements = [
    ...movementsOfActions(wallet, mine, place),
    ...movementsOfTransfers(wallet, loose.transfers, story.names, place),
    ...movementsOfCash(wallet, [...mine.flatMap(besideCash), ...loose.cash], place),
  ];
  const odd = [
    ...(oddMatch === null ? [] : [oddMatch]),
    ...loose.odd.map(({ because }) => because),
  ];
  const open = difference(moved, legsOfAll(known, [...movements, ...foreign]));
  const oddLegs =
    oddMatch === null
      ? legsOfTransfers(
          wallet,
          loose.odd.map(({ transfer }) => transfer),
        )
      : open;
  if (odd.length > 0 && sameLegs(open, oddLegs)) {
    const aside = [asideOf(wallet, odd.join(' '), open)];
    return { fills: known, movements, foreign, unclassified: aside };
  }
  if (odd.length === 0 && sameLegs(open, noLegs())) {
    return { fills: known, movements, foreign, unclassified: [] };
  }
  const rest = difference(moved, legsOfAll(known, foreign));
  const sentence = 'Expected what is booked to be all that was transferred; found it is not.';
  const because = [sentence, ...odd].join(' ');
  const unclassified = [asideOf(wallet, because, rest)];
  return { fills: known, movements: [], foreign, unclassified };
}

/** What the wallets themselves traded or acted on is of the ledger: both outcomes of it. */
function namedIn(
  fills: readonly ReadFill[],
  actions: readonly Action[],
  own: ReadonlySet<string>,
): ReadonlySet<string> {
  const traded = fills.filter(({ event }) => own.has(event.maker));
  const acted = actions.flatMap((action) => [
    ...(action.kind === 'convert' ? [] : action.pair),
    ...action.tokens.flatMap(({ entries }) => entries.map(({ tokenId }) => tokenId)),
  ]);
  return new Set([...traded.map(({ event }) => event.tokenId), ...acted]);
}

/** Of an action that was paid in collateral: the pUSD did not change. */
function besideCash(action: Action): readonly CashLeg[] {
  const { cash, wallet, event } = action;
  if (cash === null || cash.asset === 'pusd' || cash.amount === 0n) return [];
  const isIn = cash.to === wallet;
  return [
    {
      kind: isIn ? 'WITHDRAWAL' : 'DEPOSIT',
      amount: isIn ? -cash.amount : cash.amount,
      counterparty: wallet,
      conditionId: action.kind === 'convert' ? null : action.event.conditionId,
      logIndex: event.log.logIndex === null ? null : Number(event.log.logIndex), // tidy-ok: place.
    },
  ];
}

function legsOfAll(fills: readonly ReadFill[], movements: readonly Movement[]): Legs {
  const legs = legsOfFills(fills);
  for (const movement of movements) addLegs(movement, legs);
  return legs;
}

function difference(one: Legs, other: Legs): Legs {
  const legs = noLegs();
  legs.pusd = one.pusd - other.pusd;
  for (const [token, quantity] of one.tokens) addToken(legs, token, quantity);
  for (const [token, quantity] of other.tokens) addToken(legs, token, -quantity);
  return legs;
}

function asideOf(account: string, because: string, legs: Legs): Unclassified {
  const tokens = [...legs.tokens].map(([id, quantity]) => [id, formatMicros(quantity)]);
  return {
    account,
    because,
    legs: { pusd: formatMicros(legs.pusd), tokens: Object.fromEntries(tokens) as JsonRecord },
  };
}

/** Conditions of the tokens that the transaction's own actions name. */
function namesOf(actions: readonly Action[]): TokenNames {
  return new Map(
    actions
      .filter((action): action is PositionAction => action.kind !== 'convert')
      .flatMap(({ event, pair }) =>
        pair.map((tokenId, index) => [tokenId, { conditionId: event.conditionId, index }] as const),
      ),
  );
}

function isEmpty(action: Action): boolean {
  const entries = action.tokens.flatMap((transfer) => transfer.entries);
  return action.kind === 'redeem' && entries.every((entry) => entry.quantity === 0n);
}

function placeOf(logs: readonly TransactionLog[]): TransactionPlace {
  const [first] = logs;
  return {
    txHash: first?.transactionHash?.toLowerCase() ?? '',
    blockNumber: integerOf(first?.blockNumber),
    blockHash: first?.blockHash?.toLowerCase() ?? null,
    blockTime: integerOf(first?.blockTimestamp),
  };
}

/** A quantity of a log in hex or decimal. */
function integerOf(text: string | null | undefined): number | null {
  if (text === null || text === undefined) return null;
  if (!/^(0x[0-9a-f]{1,13}|\d{1,15})$/i.test(text)) return null;
  return Number(text); // tidy-ok: a block or a time, never money.
}
