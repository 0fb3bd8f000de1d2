/** The plans of a partition from their rows, with their indexes. */

import { type PlanLeg } from '@polytraders/domain';
import { invariant, pusd, shares } from '@polytraders/money';
import { CONTRACT_NAMES, type ContractName } from './call-targets.ts';
import { byQuestion } from './draft.ts';
import { emptyShelf, onShelf, type Shelf, withValue } from './shelf.ts';
import {
  type Job,
  type Market,
  marketIdOf,
  NO_PLANS,
  pairKey,
  type Plans,
  type Position,
  type SlotState,
  type Unit,
  unitIdOf,
} from './state.ts';
import {
  type EventRow,
  eventsTable,
  type MarketRow,
  marketsTable,
  type PartitionRow,
  partitionsTable,
  type PositionRow,
  positionsTable,
  type SlotRow,
  slotsTable,
} from './tables.ts';

/** Undefined where the partition was never folded. */
export function revivePlans(rows: Readonly<Record<string, readonly object[]>>): Plans | undefined {
  const partition = rows[partitionsTable.name]?.[0] as PartitionRow | undefined;
  if (partition === undefined) return undefined;
  const markets = (rows[marketsTable.name] ?? []) as readonly MarketRow[];
  const events = (rows[eventsTable.name] ?? []) as readonly EventRow[];
  const positions = ((rows[positionsTable.name] ?? []) as readonly PositionRow[]).map(position);
  const slots = ((rows[slotsTable.name] ?? []) as readonly SlotRow[]).map(slot);
  const marketShelf = shelf(markets.map(market), ({ conditionId }) => conditionId);
  return {
    ...NO_PLANS,
    nextOffset: partition.next_offset,
    parameters: {
      marketSeq: partition.market_seq,
      mode: partition.mode,
      negRiskFeeBips: partition.neg_risk_fee_bips,
      exchangeBpsMax: partition.exchange_max_fee_bps,
      addresses: addresses(partition.addresses),
    },
    markets: marketShelf,
    events: shelf(
      events.map((row) => ({
        marketId: row.neg_risk_market_id,
        questionCount: row.question_count,
        feeBips: row.fee_bips,
      })),
      ({ marketId }) => marketId,
    ),
    positions: shelf(positions, (one) => pairKey(one.account, one.conditionId)),
    slots: shelf(slots, (one) => pairKey(one.account, one.target)),
    units: unitsOf(markets.map(market), marketShelf, positions, slots),
    jobs: jobsOf(slots),
    tokens: tokensOf(markets),
  };
}

function shelf<Value>(values: readonly Value[], keyOf: (value: Value) => string): Shelf<Value> {
  return values.reduce((all, value) => withValue(all, keyOf(value), value), emptyShelf<Value>());
}

function unitsOf(
  markets: readonly Market[],
  marketShelf: Shelf<Market>,
  positions: readonly Position[],
  slots: readonly SlotState[],
): Shelf<Unit> {
  const conditions = new Map<string, string[]>();
  const marketIds = new Map<string, string | null>();
  for (const one of markets) {
    const unitId = unitIdOf(one);
    marketIds.set(unitId, marketIdOf(one));
    conditions.set(unitId, [...(conditions.get(unitId) ?? []), one.conditionId]);
  }
  const accounts = new Map<string, Set<string>>();
  const join = (target: string, account: string): void => {
    const of = onShelf(marketShelf, target);
    const unitId = of === undefined ? target : unitIdOf(of);
    accounts.set(unitId, (accounts.get(unitId) ?? new Set()).add(account));
  };
  for (const { account, conditionId } of positions) join(conditionId, account);
  for (const { account, target } of slots) join(target, account);
  const units = [...conditions].map(([unitId, list]): Unit => ({
    unitId,
    marketId: marketIds.get(unitId) ?? null,
    conditions: list.sort(byQuestion(marketShelf)),
    accounts: [...(accounts.get(unitId) ?? [])].sort(),
  }));
  return shelf(units, ({ unitId }) => unitId);
}

function jobsOf(slots: readonly SlotState[]): Shelf<string> {
  return slots.reduce(
    (jobs, { account, target, job }) =>
      job === null ? jobs : withValue(jobs, job.jobId, pairKey(account, target)),
    emptyShelf<string>(),
  );
}

function tokensOf(markets: readonly MarketRow[]): Shelf<string> {
  return markets.reduce(
    (all, { tokens, condition_id: condition }) =>
      tokens.reduce((some, token) => withValue(some, token, condition), all),
    emptyShelf<string>(),
  );
}

function market(row: MarketRow): Market {
  return {
    conditionId: row.condition_id,
    collateral: row.collateral,
    tokens: row.tokens,
    negRiskMarketId: row.neg_risk_market_id,
    questionIndex: row.question_index,
    told: row.told,
    numerators: row.payout_numerators?.map(BigInt) ?? null,
  };
}

function position(row: PositionRow): Position {
  return {
    account: row.account,
    conditionId: row.condition_id,
    status: row.settlement_status,
    held: [
      {
        tokenId: row.yes_token_id,
        free: row.yes_free_shares,
        total: row.yes_total_shares,
        doubts: row.yes_doubts,
      },
      {
        tokenId: row.no_token_id,
        free: row.no_free_shares,
        total: row.no_total_shares,
        doubts: row.no_doubts,
      },
    ],
  };
}

function slot(row: SlotRow): SlotState {
  const { withheld_kind: kind, withheld_code: code, failed_plan: fingerprint } = row;
  return {
    account: row.account,
    target: row.target,
    job: jobOf(row),
    failures: fingerprint === null ? null : { fingerprint, count: row.failures },
    withheld: kind === null || code === null ? null : { kind, code },
  };
}

function jobOf(row: SlotRow): Job | null {
  const { job_id: jobId, state, kind, contract, calldata, correlation_id: correlationId } = row;
  if (jobId === null) return null;
  const isWhole =
    state !== null &&
    kind !== null &&
    contract !== null &&
    calldata !== null &&
    correlationId !== null;
  invariant(isWhole, `the row of open job ${jobId} says all of it.`);
  return {
    jobId,
    state,
    account: row.account,
    target: row.target,
    calldata,
    txHash: row.tx_hash,
    claimedBy: row.claimed_by,
    correlationId,
    plannedOffset: row.planned_offset ?? 0,
    plan: {
      kind,
      conditionId: row.condition_id,
      negRiskMarketId: row.neg_risk_market_id,
      contract,
      amount: row.amount_shares ?? shares(0n),
      indexSet: BigInt(row.index_set ?? '0'),
      legs: legsOf(row.legs),
      gains: legsOf(row.gains),
      cash: row.payout_pusd ?? pusd(0n),
      fee: row.fee_pusd ?? pusd(0n),
      feeYes: row.fee_yes_shares ?? shares(0n),
      feeBips: row.fee_bips ?? 0,
      questionCount: row.question_count ?? 0,
    },
  };
}

/** Legs from `token:outcome:micros`, a space between. */
export function legsOf(text: string): readonly PlanLeg[] {
  if (text === '') return [];
  return text.split(' ').map((one): PlanLeg => {
    const [tokenId = '', outcome, quantity = '0'] = one.split(':');
    const outcomeIndex = outcome === '0' ? 0 : 1;
    return { tokenId, outcomeIndex, quantity: shares(BigInt(quantity)) };
  });
}

function addresses(lines: readonly string[]): Readonly<Partial<Record<ContractName, string>>> {
  const found: Partial<Record<ContractName, string>> = {};
  for (const name of CONTRACT_NAMES) {
    const line = lines.find((one) => one.startsWith(`${name}=`));
    if (line !== undefined) found[name] = line.slice(name.length + 1);
  }
  return found;
}
