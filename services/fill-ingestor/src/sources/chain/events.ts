/**
 * The logs that matter, decoded: transfers of tokens and cash, wraps of pUSD, and what
 * ConditionalTokens and NegRiskAdapter say they did.
 *
 * Two contracts have events of the same names with other arguments, and an ERC-721 transfer has the
 * topic of an ERC-20 one: a log is decoded by the role of its address, its topic and the number of
 * its topics, and encoding the values again must give the same bytes. ethers by itself takes dirty
 * words and trailing data (chain reference 6).
 */

import { Interface, type LogDescription, type Result } from 'ethers';
import { type TransactionLog } from '../chain-logs.ts';
import { type ContractRole, type Contracts } from './contracts.ts';

export type TokenEntry = { readonly tokenId: string; readonly quantity: bigint };

type At = { readonly log: TransactionLog; readonly place: number };

export type TokenTransfer = At & {
  readonly kind: 'tokens';
  readonly operator: string;
  readonly from: string;
  readonly to: string;
  readonly entries: readonly TokenEntry[];
};

export type CashTransfer = At & {
  readonly kind: 'cash';
  /** pUSD is what the books hold; collateral is what it is made of (USDC.e). */
  readonly asset: 'pusd' | 'collateral';
  readonly from: string;
  readonly to: string;
  readonly amount: bigint;
};

export type Wrap = At & {
  readonly kind: 'wrapped' | 'unwrapped';
  readonly caller: string;
  readonly to: string;
  readonly amount: bigint;
};

/** Split, merge or redemption as ConditionalTokens or NegRiskAdapter tells it. */
export type PositionEvent = At & {
  readonly kind: 'split' | 'merge' | 'redeem';
  readonly by: 'conditional_tokens' | 'neg_risk_adapter';
  readonly holder: string;
  readonly conditionId: string;
  /** Collateral of the tokens; null where NegRiskAdapter tells it, whose is always the wrapped. */
  readonly collateral: string | null;
  /** Of a redemption: what it paid. */
  readonly amount: bigint;
  /** Whether both outcomes of an undivided condition were meant: else its tokens have other ids. */
  readonly plain: boolean;
};

export type ConversionEvent = At & {
  readonly kind: 'convert';
  readonly holder: string;
  readonly marketId: string;
  readonly indexSet: bigint;
  readonly amount: bigint;
};

export type ResolutionEvent = At & {
  readonly kind: 'resolution';
  readonly conditionId: string;
  readonly numerators: readonly bigint[];
};

export type FeeEvent = At & { readonly kind: 'fee'; readonly receiver: string };

export type Seen =
  | TokenTransfer
  | CashTransfer
  | Wrap
  | PositionEvent
  | ConversionEvent
  | ResolutionEvent
  | FeeEvent;

const TOKENS = new Interface([
  'event TransferSingle(address indexed operator, address indexed from, address indexed to, ' +
    'uint256 id, uint256 value)',
  'event TransferBatch(address indexed operator, address indexed from, address indexed to, ' +
    'uint256[] ids, uint256[] values)',
  'event ConditionResolution(bytes32 indexed conditionId, address indexed oracle, ' +
    'bytes32 indexed questionId, uint256 outcomeSlotCount, uint256[] payoutNumerators)',
  ...['PositionSplit', 'PositionsMerge'].map(
    (name) =>
      `event ${name}(address indexed stakeholder, address collateralToken, ` +
      'bytes32 indexed parentCollectionId, bytes32 indexed conditionId, uint256[] partition, ' +
      'uint256 amount)',
  ),
  'event PayoutRedemption(address indexed redeemer, address indexed collateralToken, ' +
    'bytes32 indexed parentCollectionId, bytes32 conditionId, uint256[] indexSets, uint256 payout)',
]);

const NEG_RISK = new Interface([
  'event PositionSplit(address indexed stakeholder, bytes32 indexed conditionId, uint256 amount)',
  'event PositionsMerge(address indexed stakeholder, bytes32 indexed conditionId, uint256 amount)',
  'event PositionsConverted(address indexed stakeholder, bytes32 indexed marketId, ' +
    'uint256 indexed indexSet, uint256 amount)',
  'event PayoutRedemption(address indexed redeemer, bytes32 indexed conditionId, ' +
    'uint256[] amounts, uint256 payout)',
]);

const CASH = new Interface([
  'event Transfer(address indexed from, address indexed to, uint256 value)',
  ...['Wrapped', 'Unwrapped'].map(
    (name) =>
      `event ${name}(address indexed caller, address indexed asset, address indexed to, ` +
      'uint256 amount)',
  ),
]);

const EXCHANGE = new Interface(['event FeeCharged(address indexed receiver, uint256 amount)']);

const INTERFACES: Partial<Readonly<Record<ContractRole, Interface>>> = {
  conditional_tokens: TOKENS,
  neg_risk_adapter: NEG_RISK,
  pusd: CASH,
  collateral: CASH,
  exchange: EXCHANGE,
};

/** Topics by which a reader asks a node. */
export const TOPICS = {
  transfer: topicOf(CASH, 'Transfer'),
  transferSingle: topicOf(TOKENS, 'TransferSingle'),
  transferBatch: topicOf(TOKENS, 'TransferBatch'),
  conditionResolution: topicOf(TOKENS, 'ConditionResolution'),
  tokensRedeemed: topicOf(TOKENS, 'PayoutRedemption'),
  positionsConverted: topicOf(NEG_RISK, 'PositionsConverted'),
} as const;

/** The log decoded; null for one that says nothing to us, a sentence for one that is malformed. */
export function decode(log: TransactionLog, place: number, contracts: Contracts) {
  const role = contracts.roleOf(log.address.toLowerCase());
  const given = role === null ? undefined : INTERFACES[role];
  const [topic = ''] = log.topics;
  if (role === null || given === undefined || !/^0x[0-9a-f]{64}$/i.test(topic)) return null;
  const fragment = given.getEvent(topic);
  if (fragment === null) return null;
  const parsed = parsedStrictly(given, log);
  if (typeof parsed === 'string') {
    return `Expected ${fragment.name} of ${role} as its contract writes it; found ${parsed}.`;
  }
  return seenOf(role, parsed, { log, place });
}

function parsedStrictly(given: Interface, log: TransactionLog): LogDescription | string {
  try {
    const parsed = given.parseLog({ topics: [...log.topics], data: log.data });
    if (parsed === null) return 'another event';
    const again = given.encodeEventLog(parsed.fragment, [...parsed.args] as unknown[]);
    const same =
      again.data === log.data.toLowerCase() &&
      again.topics.length === log.topics.length &&
      again.topics.every((topic, at) => topic === log.topics[at]?.toLowerCase());
    return same ? parsed : 'words that do not belong there';
  } catch {
    return 'data of another shape';
  }
}

function seenOf(role: ContractRole, { name, args }: LogDescription, at: At): Seen | null {
  switch (name) {
    case 'TransferSingle':
      return tokensOf(args, [bigOf(args, 'id')], [bigOf(args, 'value')], at);
    case 'TransferBatch':
      return tokensOf(args, bigsOf(args, 'ids'), bigsOf(args, 'values'), at);
    case 'Transfer':
      return cashOf(role, args, at);
    case 'Wrapped':
    case 'Unwrapped':
      return {
        ...at,
        kind: name === 'Wrapped' ? 'wrapped' : 'unwrapped',
        caller: textOf(args, 'caller'),
        to: textOf(args, 'to'),
        amount: bigOf(args, 'amount'),
      };
    case 'FeeCharged':
      return { ...at, kind: 'fee', receiver: textOf(args, 'receiver') };
    case 'ConditionResolution':
      return {
        ...at,
        kind: 'resolution',
        conditionId: textOf(args, 'conditionId'),
        numerators: bigsOf(args, 'payoutNumerators'),
      };
    case 'PositionsConverted':
      return {
        ...at,
        kind: 'convert',
        holder: textOf(args, 'stakeholder'),
        marketId: textOf(args, 'marketId'),
        indexSet: bigOf(args, 'indexSet'),
        amount: bigOf(args, 'amount'),
      };
    default:
      return positionOf(role, name, args, at);
  }
}

function tokensOf(
  args: Result,
  ids: readonly bigint[],
  values: readonly bigint[],
  at: At,
): TokenTransfer {
  return {
    ...at,
    kind: 'tokens',
    operator: textOf(args, 'operator'),
    from: textOf(args, 'from'),
    to: textOf(args, 'to'),
    entries: ids.map((id, index) => ({ tokenId: String(id), quantity: values[index] ?? 0n })),
  };
}

function cashOf(role: ContractRole, args: Result, at: At): CashTransfer {
  return {
    ...at,
    kind: 'cash',
    asset: role === 'pusd' ? 'pusd' : 'collateral',
    from: textOf(args, 'from'),
    to: textOf(args, 'to'),
    amount: bigOf(args, 'value'),
  };
}

function positionOf(role: ContractRole, name: string, args: Result, at: At): PositionEvent {
  const kind = name === 'PositionSplit' ? 'split' : name === 'PositionsMerge' ? 'merge' : 'redeem';
  const isRedemption = kind === 'redeem';
  const isTokens = role === 'conditional_tokens';
  return {
    ...at,
    kind,
    by: isTokens ? 'conditional_tokens' : 'neg_risk_adapter',
    holder: textOf(args, isRedemption ? 'redeemer' : 'stakeholder'),
    conditionId: textOf(args, 'conditionId'),
    collateral: isTokens ? textOf(args, 'collateralToken') : null,
    amount: bigOf(args, isRedemption ? 'payout' : 'amount'),
    plain: !isTokens || isPlain(args, isRedemption),
  };
}

/** Both outcomes of a condition that hangs under no other: index sets 1 and 2. */
function isPlain(args: Result, isRedemption: boolean): boolean {
  if (BigInt(textOf(args, 'parentCollectionId')) !== 0n) return false;
  const sets = bigsOf(args, isRedemption ? 'indexSets' : 'partition');
  const known = sets.every((set) => set === 1n || set === 2n);
  return known && (isRedemption || (sets.length === 2 && sets[0] !== sets[1]));
}

/** `args.values` would be a method of Array: by name only through `getValue`. */
function textOf(args: Result, name: string): string {
  return String(args.getValue(name)).toLowerCase();
}

function bigOf(args: Result, name: string): bigint {
  return args.getValue(name) as bigint;
}

function bigsOf(args: Result, name: string): readonly bigint[] {
  return [...(args.getValue(name) as Iterable<bigint>)];
}

function topicOf(given: Interface, name: string): string {
  return given.getEvent(name)?.topicHash ?? '';
}
