/**
 * The planner's own calldata on the real ConditionalTokens: what a job says that it takes and frees
 * is what the chain moves, to the unit. The contract stands at its address on Polygon, so a job is
 * sent to where it says.
 */

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type LedgerEvent, type SettlementJob } from '@polytraders/contracts';
import { PUSD, tokenIds, USDC_E } from '@polytraders/domain';
import { pusd, shares } from '@polytraders/money';
import { createDriver } from '@polytraders/stream';
import { type LocalChain, POLYGON_VENUE, startChain } from '@polytraders/testkit/chain';
import {
  getBytes,
  Interface,
  keccak256,
  MaxUint256,
  solidityPackedKeccak256,
  toBeHex,
} from 'ethers';
import { callTargetOf, PUSD_FROM } from './call-targets.ts';
import { calldataOf } from './calldata.ts';
import { ACCOUNT, claimed, event, jobsIn, logOf, moved, resolved } from './events.fixture.ts';
import { processor } from './processor.ts';

const ORACLE = '0x0ac1e00000000000000000000000000000000001';
const CONDITIONAL_TOKENS = POLYGON_VENUE.tokens;
const contracts = new Interface([
  'function mint(address to, uint256 amount)',
  'function approve(address spender, uint256 amount) returns (bool)',
  'function balanceOf(address owner) view returns (uint256)',
  'function balanceOf(address owner, uint256 id) view returns (uint256)',
  'function prepareCondition(address oracle, bytes32 questionId, uint256 outcomeSlotCount)',
  'function reportPayouts(bytes32 questionId, uint256[] payouts)',
]);
const CASH = 'balanceOf(address)';
const TOKENS = 'balanceOf(address,uint256)';
const keccak = (bytes: Uint8Array): Uint8Array => getBytes(keccak256(bytes));

let chain: LocalChain;

beforeAll(async () => {
  chain = await startChain({ real: POLYGON_VENUE });
  for (const cash of [PUSD, USDC_E]) {
    await send(ACCOUNT, cash, contracts.encodeFunctionData('mint', [ACCOUNT, 10n ** 12n]));
    const approval = [CONDITIONAL_TOKENS, MaxUint256];
    await send(ACCOUNT, cash, contracts.encodeFunctionData('approve', approval));
  }
}, 60_000);

afterAll(async () => {
  await chain.stop();
});

async function send(from: string, to: string, data: string): Promise<string> {
  const hash = await chain.send(from, to, data);
  await chain.mine();
  await chain.receipt(hash);
  return hash;
}

async function read(to: string, name: string, values: readonly unknown[]): Promise<bigint> {
  const data = contracts.encodeFunctionData(name, values);
  return BigInt(await chain.node.call<string>('eth_call', [{ to, data }, 'latest']));
}

let questions = 0;

/** A prepared condition with as many pairs as were split by our own calldata. */
async function market(collateral: 'PUSD' | 'USDC_E', pairs: bigint) {
  questions += 1;
  const question = toBeHex(questions, 32);
  const prepare = contracts.encodeFunctionData('prepareCondition', [ORACLE, question, 2]);
  await send(ACCOUNT, CONDITIONAL_TOKENS, prepare);
  const types = ['address', 'bytes32', 'uint256'];
  const condition = solidityPackedKeccak256(types, [ORACLE, question, 2]);
  const cash = collateral === 'PUSD' ? PUSD : USDC_E;
  const [yes, no] = tokenIds(keccak, cash, condition);
  const target = callTargetOf(collateral, collateral === 'PUSD' ? PUSD_FROM : 0);
  if (target === null) throw new Error('Expected a contract to call.');
  const split = calldataOf(target, { kind: 'SPLIT', conditionId: condition, amount: pairs });
  await send(ACCOUNT, target.contract, split);
  const held = async (): Promise<readonly bigint[]> => [
    await read(CONDITIONAL_TOKENS, TOKENS, [ACCOUNT, yes]),
    await read(CONDITIONAL_TOKENS, TOKENS, [ACCOUNT, no]),
  ];
  const report = (...payouts: readonly bigint[]): Promise<string> =>
    send(
      ORACLE,
      CONDITIONAL_TOKENS,
      contracts.encodeFunctionData('reportPayouts', [question, payouts]),
    );
  return { condition, yes, no, held, report, cash: () => read(cash, CASH, [ACCOUNT]) };
}

type ChainMarket = Awaited<ReturnType<typeof market>>;

/** A planner that knows what the chain knows of the market. */
async function planner(of: ChainMarket, recordedAt: number | null) {
  const driver = createDriver(processor);
  let offset = 0;
  const tell = (...events: readonly LedgerEvent[]): readonly SettlementJob[] => {
    const dated = events.map((one) =>
      recordedAt === null
        ? one
        : ({ ...one, value: { ...one.value, recorded_at: recordedAt } } as LedgerEvent),
    );
    const { emitted } = driver.drive(logOf(dated, offset));
    offset += events.length;
    return jobsIn(emitted);
  };
  const [yes = 0n, no = 0n] = await of.held();
  const here = { condition_id: of.condition };
  const jobs = tell(
    moved(of.yes, 0, { ...here, quantity_shares: shares(yes) }),
    moved(of.no, 0, { ...here, quantity_shares: shares(no) }),
  );
  return { tell, jobs };
}

/** Sends the job as it says; answers what the chain moved. */
async function execute(of: ChainMarket, job: SettlementJob) {
  const [cash, held] = [await of.cash(), await of.held()];
  const txHash = await send(job.account, job.contract, job.calldata);
  const after = await of.held();
  return {
    txHash,
    freed: (await of.cash()) - cash,
    taken: held.map((quantity, outcome) => quantity - (after[outcome] ?? 0n)),
  };
}

function takenBy({ legs }: SettlementJob): readonly bigint[] {
  return [0, 1].map(
    (outcome) => legs.find((leg) => leg.outcome_index === outcome)?.quantity_shares ?? 0n,
  );
}

const last = (jobs: readonly SettlementJob[]): SettlementJob => {
  const job = jobs.at(-1);
  if (job === undefined) throw new Error('Expected a job.');
  return job;
};

describe.each([
  ['pUSD, today', 'PUSD', null],
  ['USDC.e, before pUSD', 'USDC_E', PUSD_FROM - 1],
] as const)('on tokens of %s', (_, collateral, recordedAt) => {
  test('split, merged: the chain moves what the job says, to the unit', async () => {
    const of = await market(collateral, 2_083_332n);
    expect(await of.held()).toEqual([2_083_332n, 2_083_332n]);
    const { tell, jobs } = await planner(of, recordedAt);
    const job = last(jobs);
    expect([job.kind, job.contract]).toEqual(['MERGE', CONDITIONAL_TOKENS]);
    const { txHash, freed, taken } = await execute(of, job);
    expect([freed, taken]).toEqual([job.payout_pusd, takenBy(job)]);
    const done = tell(
      claimed(job.job_id, txHash),
      event('PositionsMerged', {
        source: 'chain',
        source_position: 'test',
        account: ACCOUNT,
        condition_id: of.condition,
        neg_risk_market_id: null,
        amount_pusd: pusd(freed),
        legs: job.legs,
        job_id: null,
        tx_hash: txHash,
        block_number: 1,
        block_hash: null,
        log_index: 0,
      }),
    );
    expect(done.map(({ state }) => state)).toEqual(['running', 'done']);
  });

  test.each([
    ['the winner, losers alongside', [1n, 0n], 1_583_332n],
    ['50-50: each outcome floored by itself', [1n, 1n], 1_083_331n],
  ] as const)('redeemed: %s', async (__, payouts, pays) => {
    const of = await market(collateral, 1_583_332n);
    const given = new Interface([
      'function safeTransferFrom(address from, address to, uint256 id, uint256 value, bytes data)',
    ]).encodeFunctionData('safeTransferFrom', [ACCOUNT, ORACLE, of.no, 1_000_001n, '0x']);
    await send(ACCOUNT, CONDITIONAL_TOKENS, given);
    expect(await of.held()).toEqual([1_583_332n, 583_331n]);
    await of.report(...payouts);
    const { tell, jobs } = await planner(of, recordedAt);
    expect(last(jobs)).toMatchObject({ kind: 'MERGE', state: 'queued' });
    const job = last(tell(resolved(of, ...payouts.map(String))));
    expect([job.kind, job.payout_pusd]).toEqual(['REDEEM', pays]);
    const { freed, taken } = await execute(of, job);
    expect([freed, taken]).toEqual([pays, [1_583_332n, 583_331n]]);
    expect(await of.held()).toEqual([0n, 0n]);
  });
});
