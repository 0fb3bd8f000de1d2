import { describe, expect, test } from '@jest/globals';
import { type LedgerEvent, partitionOf, type SettlementJob, TOPICS } from '@polytraders/contracts';
import { createDriver, type Driven } from '@polytraders/stream';
import { type LedgerEntry } from './entry.ts';
import {
  ACCOUNT,
  claimed,
  defined,
  event,
  executed,
  fill,
  fillFailed,
  jobFailed,
  jobsIn,
  logOf,
  MARKET,
  moved,
  orderClosed,
  parametersChanged,
  PARTITION,
  PLAIN,
  QUESTIONS,
  resolved,
  sellOrder,
  shown,
  statusChanged,
  txHash,
  units,
} from './events.fixture.ts';
import { processor } from './processor.ts';
import { onShelf } from './shelf.ts';
import { type Entity, pairKey, plansKey, type Plans } from './state.ts';

/** A desk that can be told more and more. */
function desk() {
  const driver = createDriver(processor);
  let offset = 0;
  let entities: ReadonlyMap<string, Entity> = new Map();
  return {
    tell: (...events: readonly LedgerEvent[]): Driven<Entity, LedgerEntry> => {
      const driven = driver.drive(logOf(events, offset));
      offset += events.length;
      entities = driven.entities;
      return driven;
    },
    plans: () => entities.get(plansKey(PARTITION)) as Plans,
  };
}

const [A, B, C] = QUESTIONS;

function lastJob(driven: Driven<Entity, LedgerEntry>): SettlementJob {
  const job = jobsIn(driven.emitted).at(-1);
  if (job === undefined) throw new Error('Expected a job.');
  return job;
}

const becauseOf = (driven: Driven<Entity, LedgerEntry>) =>
  driven.outcomes.map(({ outcome, because }) => `${outcome}: ${because}`);

describe('a merge', () => {
  test('is queued for the pairs that are free, with its calldata', () => {
    const job = lastJob(desk().tell(defined(PLAIN), moved(PLAIN.yes, 300), moved(PLAIN.no, 200)));
    expect(job).toMatchObject({
      account: ACCOUNT,
      kind: 'MERGE',
      state: 'queued',
      condition_id: PLAIN.condition,
      market_status: 'open',
      publication: 'RELEASED',
      amount_shares: units(200),
      payout_pusd: units(200),
      fee_pusd: 0n,
      contract: '0xada100db00ca00073811820692005400218fce1f',
      tx_hash: null,
    });
    expect(job.calldata.slice(0, 10)).toBe('0x9e7212ad');
    expect(job.calldata).toContain(PLAIN.condition.slice(2));
  });

  test('needs no definition: the pair follows from the condition and one token', () => {
    const driven = desk().tell(moved(PLAIN.yes, 3), moved(PLAIN.no, 2));
    expect(shown(driven.emitted)).toEqual(['MERGE 2 queued']);
  });

  test('is keyed by its id, on the partition of that', () => {
    const { emitted } = desk().tell(moved(PLAIN.yes, 3), moved(PLAIN.no, 2));
    const [one] = emitted;
    const jobId = jobsIn(emitted)[0]?.job_id ?? '';
    expect(jobId).toMatch(/^job_[0-9a-f]{32}$/);
    expect([one?.topic, one?.key]).toEqual([TOPICS.settlementJobs.name, jobId]);
    expect(one?.partition).toBe(partitionOf(jobId, TOPICS.settlementJobs.partitions));
  });

  test('leaves what an order keeps, gives way when an order takes its shares, and comes back', () => {
    const one = desk();
    one.tell(moved(PLAIN.yes, 300), moved(PLAIN.no, 200));
    const kept = one.tell(sellOrder(PLAIN.no, 150));
    expect(shown(kept.emitted)).toEqual(['MERGE 200 superseded', 'MERGE 50 queued']);
    const [before, after] = jobsIn(kept.emitted);
    expect([before?.superseded_by, before?.reason_code]).toEqual([
      after?.job_id,
      'GOV_SETTLEMENT_JOB_VOID',
    ]);
    const free = one.tell(orderClosed());
    expect(shown(free.emitted)).toEqual(['MERGE 50 superseded', 'MERGE 200 queued']);
    expect(jobsIn(free.emitted)[0]?.reason_code).toBe('GOV_SETTLEMENT_BETTER_PLAN');
  });

  test('counts neither what comes nor what goes with a fill that may still fail', () => {
    const one = desk();
    one.tell(moved(PLAIN.yes, 300), moved(PLAIN.no, 200));
    const sold = { id: 'f1', token: PLAIN.no, side: 'SELL', whole: 120 } as const;
    const bought = { id: 'f2', token: PLAIN.no, side: 'BUY', whole: 500 } as const;
    const matched = one.tell(fill('FillMatched', sold), fill('FillMatched', bought));
    expect(shown(matched.emitted)).toEqual(['MERGE 200 superseded', 'MERGE 80 queued']);
    expect(shown(one.tell(fillFailed('f2')).emitted)).toEqual([]);
    expect(shown(one.tell(fillFailed('f1')).emitted)).toEqual([
      'MERGE 80 superseded',
      'MERGE 200 queued',
    ]);
  });

  test('does not follow every fill: up to a tenth more the job stays', () => {
    const one = desk();
    one.tell(moved(PLAIN.yes, 300), moved(PLAIN.no, 100));
    expect(shown(one.tell(moved(PLAIN.no, 9)).emitted)).toEqual([]);
    expect(shown(one.tell(moved(PLAIN.no, 1)).emitted)).toEqual([
      'MERGE 100 superseded',
      'MERGE 110 queued',
    ]);
  });
});

describe('a redemption', () => {
  test('takes the place of the merge on resolution, winners and losers in one job', () => {
    const one = desk();
    one.tell(defined(PLAIN), moved(PLAIN.yes, 300), moved(PLAIN.no, 200));
    const driven = one.tell(resolved(PLAIN, '1', '0'));
    expect(shown(driven.emitted)).toEqual(['MERGE 200 superseded', 'REDEEM 300 queued']);
    const job = lastJob(driven);
    expect(job.legs.map((leg) => leg.quantity_shares)).toEqual([units(300), units(200)]);
    expect([job.market_status, job.calldata.slice(0, 10)]).toEqual(['resolved', '0x01b7037c']);
  });

  test('of a market that was resolved before we held it is planned all the same', () => {
    const driven = desk().tell(resolved(PLAIN, '0', '1'), moved(PLAIN.no, 7));
    expect(shown(driven.emitted)).toEqual(['REDEEM 7 queued']);
  });

  test('of losers alone is not planned', () => {
    expect(desk().tell(moved(PLAIN.no, 7), resolved(PLAIN, '1', '0')).emitted).toEqual([]);
  });

  test('of a neg-risk question calls the neg-risk adapter', () => {
    const job = lastJob(desk().tell(defined(A, 0), moved(A.no, 7), resolved(A, '0', '1')));
    expect(job).toMatchObject({
      kind: 'REDEEM',
      neg_risk_market_id: MARKET,
      contract: '0xada2005600dec949baf300f4c6120000bdb6eaab',
    });
  });

  test('waits for fills that still go out, and says so', () => {
    const one = desk();
    one.tell(moved(PLAIN.yes, 7));
    one.tell(fill('FillMatched', { id: 'f1', token: PLAIN.yes, side: 'SELL', whole: 2 }));
    expect(one.tell(resolved(PLAIN, '1', '0')).emitted).toEqual([]);
    const slot = () => onShelf(one.plans().slots, pairKey(ACCOUNT, PLAIN.condition));
    expect(slot()?.withheld).toEqual({ kind: 'REDEEM', code: 'GOV_SETTLEMENT_SHARES_NOT_FREE' });
    expect(shown(one.tell(fillFailed('f1')).emitted)).toEqual(['REDEEM 7 queued']);
    expect(slot()?.withheld).toBeNull();
  });
});

describe('a conversion', () => {
  const definedAll = [defined(A, 0), defined(B, 1), defined(C, 2)];

  test('row 2: 100 NO of A and of B free 100 pUSD and give 100 YES of C', () => {
    const driven = desk().tell(...definedAll, moved(A.no, 100), moved(B.no, 100));
    const job = lastJob(driven);
    expect(shown(driven.emitted)).toEqual(['CONVERT 100 queued']);
    expect(job).toMatchObject({
      condition_id: null,
      neg_risk_market_id: MARKET,
      index_set: '3',
      fee_bips: 0,
      fee_pusd: 0n,
    });
    expect(job.gains).toEqual([{ token_id: C.yes, outcome_index: 0, quantity_shares: units(100) }]);
    expect(job.calldata).toBe(
      `0xc64748c4${MARKET.slice(2)}${3n.toString(16).padStart(64, '0')}` +
        units(100).toString(16).padStart(64, '0'),
    );
  });

  test('row 5: at a fee of 200 bips 98 come and 2 stay with the event', () => {
    const driven = desk().tell(
      parametersChanged('general_live', { neg_risk_fee_bips: '200' }),
      ...definedAll,
      moved(A.no, 100),
      moved(B.no, 100),
    );
    expect(lastJob(driven)).toMatchObject({
      payout_pusd: units(98),
      fee_pusd: units(2),
      fee_bips: 200,
    });
  });

  test('once a conversion was seen, its fee is reckoned with', () => {
    const one = desk();
    const job = lastJob(one.tell(...definedAll, moved(A.no, 100), moved(B.no, 100)));
    const paid = executed({ ...job, fee_bips: 100, amount_shares: job.amount_shares });
    one.tell(paid);
    const again = one.tell(moved(A.no, 100), moved(B.no, 100));
    expect(lastJob(again)).toMatchObject({
      kind: 'CONVERT',
      payout_pusd: units(99),
      fee_bips: 100,
    });
  });

  test('row 3: merge first, then layer by layer: 10 + 60 + 30 free 100 of 100 guaranteed', () => {
    const one = desk();
    const held = [moved(A.yes, 10), moved(A.no, 100), moved(B.no, 60), moved(C.no, 30)];
    let driven = one.tell(...definedAll, ...held);
    let freed = 0n;
    for (let turn = 0; turn < 10; turn += 1) {
      const slots = [A.condition, B.condition, C.condition, MARKET].flatMap((target) => {
        const job = onShelf(one.plans().slots, pairKey(ACCOUNT, target))?.job;
        return job === null || job === undefined ? [] : [job.jobId];
      });
      const [next] = slots;
      if (next === undefined) break;
      const all = jobsIn(driven.emitted).find((job) => job.job_id === next);
      if (all === undefined) throw new Error('Expected the job to be published.');
      freed += all.payout_pusd;
      const after = one.tell(executed(all));
      driven = { ...after, emitted: [...driven.emitted, ...after.emitted] };
    }
    expect(freed).toBe(units(100));
  });

  test('of a market whose definition says neg-risk while its tokens do not is not planned', () => {
    const questions = [PLAIN, A].map(({ condition, yes, no }, index) => ({
      question_index: index,
      condition_id: condition,
      yes_token_id: yes,
      no_token_id: no,
    }));
    const wrong = defined(PLAIN, 0, { questions });
    const driven = desk().tell(wrong, moved(PLAIN.no, 5), moved(A.no, 5));
    expect(driven.emitted).toEqual([]);
  });
});

describe('the life of a job', () => {
  const start = () => {
    const one = desk();
    const job = lastJob(one.tell(moved(PLAIN.yes, 300), moved(PLAIN.no, 200)));
    return { one, job };
  };

  test('queued, running, done: the transaction that was claimed ends it', () => {
    const { one, job } = start();
    const driven = one.tell(claimed(job.job_id), executed(job));
    expect(shown(driven.emitted)).toEqual(['MERGE 200 running', 'MERGE 200 done']);
    const [running, done] = jobsIn(driven.emitted);
    expect([running?.claimed_by, running?.tx_hash]).toEqual(['executor-1', txHash('0e')]);
    expect(done).toMatchObject({
      paid_pusd: units(200),
      reason_code: 'GOV_SETTLEMENT_JOB_DONE',
      correlation_id: job.correlation_id,
    });
    expect(done?.causation_id).not.toBe(running?.causation_id);
  });

  test('the same effect ends it, too: by another transaction, or before it was claimed', () => {
    const claimedFirst = start();
    const sent = [claimed(claimedFirst.job.job_id), executed(claimedFirst.job, { txHash: '0xff' })];
    const otherwise = claimedFirst.one.tell(...sent);
    expect(lastJob(otherwise)).toMatchObject({
      state: 'done',
      tx_hash: '0xff',
      reason_code: 'GOV_SETTLEMENT_DONE_OTHERWISE',
    });
    const { one, job } = start();
    expect(shown(one.tell(executed(job)).emitted)).toEqual(['MERGE 200 done']);
  });

  test('done by hand in part, the job is void and the rest is planned', () => {
    const { one, job } = start();
    const leg = (quantity: bigint) =>
      job.legs.map((of) => ({ ...of, quantity_shares: quantity as never }));
    const part = executed({ ...job, legs: leg(units(50)), payout_pusd: units(50) as never });
    expect(shown(one.tell(part).emitted)).toEqual(['MERGE 200 superseded', 'MERGE 150 queued']);
  });

  test('while it runs nothing else is planned for its target, whatever is sold or resolved', () => {
    const { one, job } = start();
    one.tell(claimed(job.job_id));
    expect(one.tell(moved(PLAIN.no, 500), resolved(PLAIN, '1', '0')).emitted).toEqual([]);
    const driven = one.tell(executed(job));
    expect(shown(driven.emitted)).toEqual(['MERGE 200 done', 'REDEEM 100 queued']);
  });

  test('failed, it is planned anew under a new id; three times, then it is withheld', () => {
    const { one, job } = start();
    let last = job;
    const ids = new Set([job.job_id]);
    for (const turn of [1, 2, 3]) {
      const driven = one.tell(
        claimed(last.job_id, txHash(`1${String(turn)}`)),
        jobFailed(last.job_id),
      );
      expect(shown(driven.emitted).slice(0, 2)).toEqual(['MERGE 200 running', 'MERGE 200 failed']);
      expect(jobsIn(driven.emitted)[1]?.failure_reason).toBe('reverted: adapter is paused');
      last = lastJob(driven);
      ids.add(last.job_id);
    }
    expect([ids.size, last.state]).toEqual([3, 'failed']);
    const slot = onShelf(one.plans().slots, pairKey(ACCOUNT, PLAIN.condition));
    expect(slot?.withheld?.code).toBe('GOV_SETTLEMENT_FAILURES_SPENT');
    expect(shown(one.tell(moved(PLAIN.no, 1)).emitted)).toEqual(['MERGE 201 queued']);
  });

  test('an executor may give up what it never sent', () => {
    const { one, job } = start();
    expect(shown(one.tell(jobFailed(job.job_id)).emitted)).toEqual([
      'MERGE 200 failed',
      'MERGE 200 queued',
    ]);
  });

  test('an executor may replace its own transaction, not that of another', () => {
    const { one, job } = start();
    one.tell(claimed(job.job_id));
    const faster = one.tell(claimed(job.job_id, txHash('0f')));
    expect(lastJob(faster)).toMatchObject({ state: 'running', tx_hash: txHash('0f') });
    const other = one.tell(claimed(job.job_id, txHash('1f'), 'executor-2'));
    expect(becauseOf(other)).toEqual(['quarantined: GOV_SETTLEMENT_JOB_CLAIMED']);
  });
});

describe('a claim, or a failure, that comes too late is answered by name', () => {
  test.each([
    ['of a job that nobody planned', [], claimed('job_x'), 'GOV_SETTLEMENT_JOB_UNKNOWN'],
    ['a failure of it', [], jobFailed('job_x'), 'GOV_SETTLEMENT_JOB_UNKNOWN'],
  ] as const)('%s', (_, before, late, because) => {
    expect(becauseOf(desk().tell(...before, late))).toEqual([`quarantined: ${because}`]);
  });

  test('superseded, done, failed, and claimed once more', () => {
    const one = desk();
    const first = lastJob(one.tell(moved(PLAIN.yes, 300), moved(PLAIN.no, 200)));
    const second = lastJob(one.tell(moved(PLAIN.no, 100)));
    expect(becauseOf(one.tell(claimed(first.job_id), jobFailed(first.job_id)))).toEqual([
      'quarantined: GOV_SETTLEMENT_JOB_SUPERSEDED',
      'quarantined: GOV_SETTLEMENT_JOB_SUPERSEDED',
    ]);
    one.tell(claimed(second.job_id));
    expect(becauseOf(one.tell(claimed(second.job_id), jobFailed(second.job_id, '0xaa')))).toEqual([
      'ignored: job claimed with this transaction before',
      'quarantined: GOV_SETTLEMENT_JOB_OTHER_TX',
    ]);
    one.tell(executed(second));
    expect(becauseOf(one.tell(claimed(second.job_id), claimed(second.job_id, '0xaa')))).toEqual([
      'ignored: job ended by this transaction before',
      'quarantined: GOV_SETTLEMENT_JOB_DONE',
    ]);
    const third = lastJob(one.tell(moved(PLAIN.no, 100), moved(PLAIN.yes, 100)));
    one.tell(jobFailed(third.job_id));
    expect(becauseOf(one.tell(claimed(third.job_id)))).toEqual([
      'quarantined: GOV_SETTLEMENT_JOB_FAILED',
    ]);
  });

  test('of a job of another wallet', () => {
    const one = desk();
    const job = lastJob(one.tell(moved(PLAIN.yes, 3), moved(PLAIN.no, 2)));
    const { value } = claimed(job.job_id);
    const other = { type: 'SettlementJobClaimed', value: { ...value, account: '0x99' } };
    expect(becauseOf(one.tell(other as LedgerEvent))).toEqual([
      'quarantined: GOV_SETTLEMENT_JOB_UNKNOWN',
    ]);
  });
});

describe('where a market stands for a wallet', () => {
  test('open, resolving, disputed, resolved, redeemed: a line for each step', () => {
    const one = desk();
    const driven = one.tell(
      defined(PLAIN),
      moved(PLAIN.yes, 7),
      statusChanged(PLAIN, 'CLOSED'),
      statusChanged(PLAIN, 'PROPOSED'),
      statusChanged(PLAIN, 'DISPUTED'),
      resolved(PLAIN, '1', '0'),
    );
    const redeemed = one.tell(executed(lastJob(driven)));
    const statuses = [...driven.entries, ...redeemed.entries]
      .filter(({ line_kind: kind }) => kind === 'STATUS')
      .map(({ market_status: status }) => status);
    expect(statuses).toEqual(['resolving', 'disputed', 'resolved', 'redeemed']);
    expect(lastJob(redeemed)).toMatchObject({ state: 'done', paid_pusd: units(7) });
  });

  test('a definition says it, too', () => {
    const driven = desk().tell(moved(PLAIN.yes, 7), defined(PLAIN, null, { status: 'CLOSED' }));
    expect(driven.entries.map(({ market_status: status }) => status)).toEqual(['resolving']);
  });
});

describe('nothing is planned', () => {
  test('for paper', () => {
    const account = `paper:${ACCOUNT}`;
    const bought = (token: string, id: string) =>
      fill('FillConfirmed', { id, token, side: 'BUY', whole: 5, account });
    expect(desk().tell(bought(PLAIN.yes, 'f1'), bought(PLAIN.no, 'f2')).emitted).toEqual([]);
  });

  test.each([
    [
      'a wallet with a conflict',
      [
        fill('FillConfirmed', { id: 'f1', token: PLAIN.yes, side: 'BUY', whole: 5 }),
        fill('FillConfirmed', {
          id: 'f2',
          token: PLAIN.no,
          side: 'BUY',
          whole: 5,
          doubt: 'GOV_ACCOUNT_INCOMPLETE',
        }),
      ],
      'GOV_ACCOUNT_INCOMPLETE',
    ],
    [
      'tokens whose ids prove nothing',
      [
        moved('11', 5, { condition_id: PLAIN.condition }),
        moved('12', 5, { condition_id: PLAIN.condition }),
      ],
      'GOV_NEGRISK_UNKNOWN',
    ],
    [
      'an oversold wallet that would redeem',
      [moved(PLAIN.yes, 5), moved(PLAIN.no, -1), resolved(PLAIN, '1', '0')],
      'GOV_WALLET_OVERSOLD',
    ],
  ] as const)('for %s, and it says why', (_, events, code) => {
    const one = desk();
    expect(one.tell(...events).emitted).toEqual([]);
    const slot = onShelf(one.plans().slots, pairKey(ACCOUNT, PLAIN.condition));
    expect(slot?.withheld?.code).toBe(code);
  });

  test('of a token whose condition nobody knows, until it is named', () => {
    const one = desk();
    const unknown = { condition_id: null };
    const driven = one.tell(moved(PLAIN.yes, 5, unknown), moved(PLAIN.no, 5, unknown));
    expect(driven.emitted).toEqual([]);
    expect(shown(one.tell(defined(PLAIN)).emitted)).toEqual(['MERGE 5 queued']);
  });
});

describe('a condition that turns out to be a question', () => {
  test('keeps its merge and joins the conversion of its event', () => {
    const one = desk();
    const before = one.tell(moved(A.yes, 2), moved(A.no, 10), moved(B.no, 8));
    expect(shown(before.emitted)).toEqual(['MERGE 2 queued']);
    const after = one.tell(defined(A, 0));
    // The merge stays as it is; it leaves 8 of each NO.
    expect(shown(after.emitted)).toEqual(['CONVERT 8 queued']);
  });
});

describe('modes and parameters', () => {
  const twoTokens = [moved(PLAIN.yes, 300), moved(PLAIN.no, 200)];

  test('shadow_only plans and publishes nothing', () => {
    const driven = desk().tell(parametersChanged('shadow_only'), ...twoTokens);
    expect([driven.entries.length, driven.emitted.length]).toEqual([1, 0]);
  });

  test('limited_live publishes jobs that are HELD', () => {
    const job = lastJob(desk().tell(parametersChanged('limited_live'), ...twoTokens));
    expect([job.mode, job.publication]).toEqual(['limited_live', 'HELD']);
  });

  test('another address makes queued jobs void; the new ones call it', () => {
    const one = desk();
    one.tell(...twoTokens);
    const address = `0x${'ab'.repeat(20)}`;
    const driven = one.tell(parametersChanged('general_live', { ctf_collateral_adapter: address }));
    expect(shown(driven.emitted)).toEqual(['MERGE 200 superseded', 'MERGE 200 queued']);
    expect(lastJob(driven).contract).toBe(address);
  });

  test.each([
    { neg_risk_fee_bips: '10001' },
    { neg_risk_fee_bips: 'x' },
    { conditional_tokens: '0x12' },
  ])('what cannot be read is set aside by name: %j', (settings) => {
    const driven = desk().tell(parametersChanged('general_live', settings));
    expect(becauseOf(driven)).toEqual(['quarantined: PARAMETERS_UNREADABLE']);
  });

  test('parameters of others, and events that move nothing, are ignored', () => {
    const driven = desk().tell(
      parametersChanged('shadow_only', {}, 'pnl-projector'),
      event('TimeAdvanced', { to: 1 }),
      event('KillSwitchChanged', { market_seq: 1, active: true, since: 1 } as never),
    );
    expect(becauseOf(driven)).toEqual([
      'ignored: nothing to plan with',
      'ignored: nothing was due',
      'ignored: nothing to plan with',
    ]);
  });
});
