import { describe, expect, test } from '@jest/globals';
import { partitionOf, TOPICS } from '@polytraders/contracts';
import { desk, lastJob } from './desk.fixture.ts';
import {
  ACCOUNT,
  defined,
  executed,
  fill,
  fillFailed,
  jobsIn,
  MARKET,
  moved,
  orderClosed,
  parametersChanged,
  PLAIN,
  QUESTIONS,
  resolved,
  sellOrder,
  shown,
  units,
} from './events.fixture.ts';
import { allOf, onShelf } from './shelf.ts';
import { pairKey } from './state.ts';

const [A, B, C] = QUESTIONS;

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

  test('leaves what an order keeps, gives way to an order, and comes back after it', () => {
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

  test('gives YES of a question that only its event has named, and they are planned with', () => {
    const one = desk();
    const job = lastJob(one.tell(defined(A, 0), moved(A.no, 100), moved(B.no, 100)));
    one.tell(executed(job));
    const more = one.tell(moved(C.no, 30, { condition_id: null }));
    expect(shown(more.emitted)).toEqual(['MERGE 30 queued']);
    expect(lastJob(more).condition_id).toBe(C.condition);
  });

  test.each(['0xce', 'an event', `0x${'zz'.repeat(32)}`])(
    'is not planned of an event whose id no call could name: %s',
    (id) => {
      const odd = [A, B].map((one, index) => defined(one, index, { neg_risk_market_id: id }));
      expect(desk().tell(...odd, moved(A.no, 5), moved(B.no, 5)).emitted).toEqual([]);
    },
  );

  test('of an event whose definition names its last questions only knows their places', () => {
    const questions = [A, B].map(({ condition, yes, no }, index) => ({
      question_index: index + 4,
      condition_id: condition,
      yes_token_id: yes,
      no_token_id: no,
    }));
    const driven = desk().tell(defined(A, 0, { questions }), moved(A.no, 5), moved(B.no, 5));
    expect(lastJob(driven)).toMatchObject({ kind: 'CONVERT', index_set: '48' });
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
    expect(allOf(one.plans().units).map(([unitId]) => unitId)).toEqual([MARKET]);
  });

  test('and leaves an event that a definition puts it out of: the conversion goes with it', () => {
    const one = desk();
    const definitions = QUESTIONS.map((question, index) => defined(question, index));
    const job = lastJob(one.tell(...definitions, moved(A.no, 5), moved(B.no, 5)));
    const neg_risk_market_id = `0x${'dd'.repeat(31)}00`;
    const elsewhere = QUESTIONS.map((market, index) =>
      defined(market, index, { neg_risk_market_id }),
    );
    const told = jobsIn(one.tell(...elsewhere).emitted);
    expect(told.find(({ job_id: id }) => id === job.job_id)?.state).toBe('superseded');
    const open = allOf(one.plans().slots).filter(([, slot]) => slot.job !== null);
    expect(open.map(([key]) => key)).toEqual([pairKey(ACCOUNT, neg_risk_market_id)]);
  });
});
