import { describe, expect, test } from '@jest/globals';
import { type LedgerEvent } from '@polytraders/contracts';
import { becauseOf, desk, lastJob } from './desk.fixture.ts';
import {
  ACCOUNT,
  claimed,
  defined,
  event,
  executed,
  fill,
  jobFailed,
  jobsIn,
  moved,
  parametersChanged,
  PLAIN,
  resolved,
  shown,
  statusChanged,
  txHash,
  units,
} from './events.fixture.ts';
import { onShelf } from './shelf.ts';
import { pairKey } from './state.ts';

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

  test('withheld after three failures, it is tried again when parameters are told', () => {
    const one = desk();
    let job = lastJob(one.tell(moved(PLAIN.yes, 7), resolved(PLAIN, '1', '0')));
    for (let turn = 0; turn < 3; turn += 1) job = lastJob(one.tell(jobFailed(job.job_id)));
    expect(job.state).toBe('failed');
    const again = one.tell(parametersChanged('general_live'));
    expect(shown(again.emitted)).toEqual(['REDEEM 7 queued']);
    expect(onShelf(one.plans().slots, pairKey(ACCOUNT, PLAIN.condition))?.withheld).toBeNull();
  });

  test('done, its failures are forgotten: the same may fail three times again', () => {
    const { one, job } = start();
    const [, again] = jobsIn(one.tell(jobFailed(job.job_id)).emitted);
    if (again === undefined) throw new Error('Expected it to be planned again.');
    one.tell(executed(again));
    const slot = () => onShelf(one.plans().slots, pairKey(ACCOUNT, PLAIN.condition));
    expect(slot()).toBeUndefined();
    const next = lastJob(one.tell(moved(PLAIN.yes, 100), moved(PLAIN.no, 200)));
    one.tell(jobFailed(next.job_id));
    expect(slot()?.failures?.count).toBe(1);
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
    const done = { state: 'done', paid_pusd: units(7), market_status: 'redeemed' };
    expect(lastJob(redeemed)).toMatchObject(done);
  });

  test('what was told of it before the wallet had any of it holds', () => {
    const driven = desk().tell(statusChanged(PLAIN, 'DISPUTED'), moved(PLAIN.yes, 7));
    const lines = driven.entries.filter(({ line_kind: kind }) => kind === 'STATUS');
    expect(lines.map(({ market_status: status }) => status)).toEqual(['disputed']);
  });

  test('a resolution is final: another one of the same market changes nothing', () => {
    const one = desk();
    const job = lastJob(one.tell(moved(PLAIN.yes, 7), resolved(PLAIN, '1', '0')));
    const again = one.tell(resolved(PLAIN, '0', '1'), statusChanged(PLAIN, 'DISPUTED'));
    expect([job.kind, again.emitted, again.entries]).toEqual(['REDEEM', [], []]);
  });

  test('a definition says it, too', () => {
    const driven = desk().tell(moved(PLAIN.yes, 7), defined(PLAIN, null, { status: 'CLOSED' }));
    const lines = driven.entries.filter(({ line_kind: kind }) => kind === 'STATUS');
    expect(lines.map(({ market_status: status }) => status)).toEqual(['resolving']);
  });
});

describe('an event that comes again at another place', () => {
  test('is a duplicate, and with other content a conflict: shares move once', () => {
    const one = desk();
    const came = moved(PLAIN.yes, 5);
    const bought = fill('FillConfirmed', { id: 'f1', token: PLAIN.no, side: 'BUY', whole: 5 });
    const driven = one.tell(came, bought, came, bought);
    expect(shown(driven.emitted)).toEqual(['MERGE 5 queued']);
    const job = lastJob(driven);
    const words = claimed(job.job_id);
    const done = executed(job);
    expect(becauseOf(one.tell(words, words, done, done)).map((of) => of.split(':')[0])).toEqual([
      'applied',
      'duplicate',
      'applied',
      'duplicate',
    ]);
    const other = fill('FillConfirmed', { id: 'f1', token: PLAIN.no, side: 'BUY', whole: 6 });
    expect(becauseOf(one.tell(other))).toEqual(['conflict: CONFIRMED|f1']);
  });
});

describe('modes and parameters', () => {
  const twoTokens = [moved(PLAIN.yes, 300), moved(PLAIN.no, 200)];

  test('shadow_only plans and publishes nothing', () => {
    const driven = desk().tell(parametersChanged('shadow_only'), ...twoTokens);
    const kinds = driven.entries.map(({ line_kind: kind }) => kind);
    expect([kinds, driven.emitted]).toEqual([['SEEN', 'JOB'], []]);
  });

  test('limited_live publishes jobs that are HELD', () => {
    const job = lastJob(desk().tell(parametersChanged('limited_live'), ...twoTokens));
    expect([job.mode, job.publication]).toEqual(['limited_live', 'HELD']);
  });

  test('with a higher mode, open jobs go out as they stand: those held, or unsaid', () => {
    const one = desk();
    one.tell(parametersChanged('shadow_only'), ...twoTokens);
    const held = one.tell(parametersChanged('limited_live'));
    expect(shown(held.emitted)).toEqual(['MERGE 200 queued']);
    const job = lastJob(held);
    expect(job.publication).toBe('HELD');
    one.tell(claimed(job.job_id));
    const released = one.tell(parametersChanged('general_live'));
    expect(shown(released.emitted)).toEqual(['MERGE 200 running']);
    expect(lastJob(released)).toMatchObject({
      job_id: job.job_id,
      publication: 'RELEASED',
      calldata: job.calldata,
      tx_hash: txHash('0e'),
      reason_code: 'GOV_SETTLEMENT_MODE_CHANGED',
    });
    expect(one.tell(parametersChanged('general_live')).emitted).toEqual([]);
  });

  test('an address that is left empty leaves the choice to our own table', () => {
    const settings = { ctf_collateral_adapter: '', neg_risk_fee_bips: '0' };
    const job = lastJob(desk().tell(parametersChanged('general_live', settings), ...twoTokens));
    expect(job.contract).toBe('0xada100db00ca00073811820692005400218fce1f');
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
