/** The markets and wallets of a made-up ledger log, and what its events are made with. */

import {
  type LedgerEvent,
  type LedgerEventType,
  partitionOf,
  type Records,
  type SettlementJob,
  TOPICS,
} from '@polytraders/contracts';
import { fixture } from '@polytraders/contracts/fixtures';
import { shares } from '@polytraders/money';
import {
  negRiskConditionId,
  type randomOf,
  standardConditionId,
  tokenIdsOf,
} from '@polytraders/testkit/generator';

export type TestMarket = {
  readonly condition: string;
  readonly tokens: readonly [string, string];
  /** Place in the event; null of a plain market. */
  readonly question: number | null;
};

export const EVENT = `0x${'ab'.repeat(31)}00`;
const plain = (fill: string): TestMarket => {
  const condition = standardConditionId(`0x${fill.repeat(32)}`);
  return { condition, tokens: tokenIdsOf(condition, false), question: null };
};
export const questions = [0, 1, 2].map((question): TestMarket => {
  const condition = negRiskConditionId(EVENT, question);
  return { condition, tokens: tokenIdsOf(condition, true), question };
});
export const MARKETS: readonly TestMarket[] = [plain('11'), plain('22'), ...questions];

const FIRST = `0x${'a1'.repeat(20)}`;
const PARTITIONS = TOPICS.ledgerEvents.partitions;
export const PARTITION = partitionOf(FIRST, PARTITIONS);
/** A name of the kind that lies in the partition of the first account. */
function inPartition(nameOf: (at: number) => string): string {
  for (let at = 0; ; at += 1)
    if (partitionOf(nameOf(at), PARTITIONS) === PARTITION) return nameOf(at);
}
const address = (at: number): string => `0x${at.toString(16).padStart(40, '0')}`;
export const ACCOUNTS: readonly string[] = [
  FIRST,
  inPartition(address),
  inPartition((at) => `paper:${address(at)}`),
];

export type Provisional = Omit<Records['FillMatched'], 'status'>;

/** What was told and is not over. */
export type Told = {
  readonly events: LedgerEvent[];
  readonly matched: Provisional[];
  /** Confirmed, and not taken back. */
  readonly confirmed: Records['FillConfirmed'][];
  readonly orders: Records['OrderOpened'][];
  readonly requests: string[];
  readonly claims: string[];
  readonly opened: Set<string>;
  readonly resolved: Map<string, readonly string[]>;
  readonly jobs: Map<string, SettlementJob>;
};

export type Desk = ReturnType<typeof deskOf>;
export type Act = () => LedgerEvent;

/** What events are made with. */
export function deskOf(random: ReturnType<typeof randomOf>, told: Told) {
  let count = 0;
  const name = (): string => `n${String((count += 1))}`;
  const amount = (): bigint =>
    random.chance(1, 3) ? BigInt(random.between(1, 9)) : BigInt(random.between(1, 90_000_000));
  const event = <Type extends LedgerEventType>(
    type: Type,
    said: Partial<Records[Type]>,
  ): LedgerEvent => {
    const value = { ...fixture(type), event_id: `evt_${name()}`, ...said };
    return { type, value } as unknown as LedgerEvent;
  };
  const spot = () => {
    const market = random.pick(MARKETS);
    const index = random.pick([0, 1] as const);
    const account = random.pick(ACCOUNTS);
    const ours = {
      account,
      trading_bot_id: random.pick(['mm', 'news', 'treasury']),
      // A source that knows no condition says none.
      condition_id: random.chance(1, 3) ? null : market.condition,
      token_id: market.tokens[index],
      paper: account.startsWith('paper:'),
      flags: [],
      incomplete_reasons: [],
    };
    return { market, index, ours };
  };
  /** Takes one of the list out of it. */
  const take = <Item>(list: Item[]): Item | undefined =>
    list.length === 0 ? undefined : list.splice(random.between(0, list.length - 1), 1)[0];
  const transaction = () => ({
    tx_hash: random.chance(1, 4) ? (take(told.claims) ?? `0x${name()}`) : `0x${name()}`,
    job_id: null,
    log_index: null,
  });
  const leg = (token: string, quantity: bigint, index: number | null) => ({
    token_id: token,
    outcome_index: index,
    quantity_shares: shares(quantity),
  });
  return { random, told, name, amount, event, spot, take, transaction, leg };
}
