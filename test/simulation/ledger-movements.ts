/** Movements of the made-up log: what the chain does to wallets, and jobs that do it. */

import { type LedgerEvent, type SettlementJob } from '@polytraders/contracts';
import { pusd, shares } from '@polytraders/money';
import { ACCOUNTS, type Act, type Desk, EVENT, questions } from './ledger-desk.ts';

/** Everything that moves shares or cash without a trade. */
export function movementActs(desk: Desk): readonly Act[] {
  return [...setActs(desk), ...settleActs(desk), ...walletActs(desk), ...jobActs(desk)];
}

function setActs({ random, amount, event, spot, transaction, leg }: Desk): readonly Act[] {
  const set = (type: 'PositionsSplit' | 'PositionsMerged') => (): LedgerEvent => {
    const { market, ours } = spot();
    const micros = amount();
    const [yes, no] = market.tokens;
    const both = [leg(yes, micros, 0), leg(no, micros, 1)];
    const legs = random.pick([
      both,
      both,
      both,
      both.toReversed(),
      // Where a source says less or something else, it stands on the log as it was said.
      both.slice(random.between(0, 1)),
      [leg(yes, micros + 1n, 0), leg(no, micros, 1)],
    ]);
    return event(type, {
      ...transaction(),
      account: ours.account,
      condition_id: market.condition,
      neg_risk_market_id: market.question === null ? null : EVENT,
      amount_pusd: pusd(micros),
      legs,
    });
  };
  return [set('PositionsSplit'), set('PositionsSplit'), set('PositionsMerged')];
}

function settleActs({ random, told, amount, event, spot, transaction, leg }: Desk): readonly Act[] {
  const redeem = (): LedgerEvent => {
    const { market, index, ours } = spot();
    const legs = [leg(market.tokens[index], amount(), index)];
    if (random.chance(1, 2)) legs.push(leg(market.tokens[1 - index] ?? '', amount(), 1 - index));
    const numerators = told.resolved.get(market.condition) ?? ['1', '0'];
    const due = paidFor(legs, numerators);
    return event('PositionsRedeemed', {
      ...transaction(),
      account: ours.account,
      condition_id: market.condition,
      payout_pusd: pusd(random.chance(1, 4) ? amount() : due),
      legs: random.chance(1, 8) ? [] : legs.map((one) => ({ ...one, payout_pusd: null })),
    });
  };
  const convert = (): LedgerEvent => {
    const micros = amount();
    const bips = random.pick([0, 0, 150]);
    const out = micros - (micros * BigInt(bips)) / 10_000n;
    const bits = random.between(1, 7);
    const given = questions.filter((_, at) => ((bits >> at) & 1) === 1);
    const gained = questions.filter((_, at) => ((bits >> at) & 1) === 0);
    return event('PositionsConverted', {
      ...transaction(),
      account: spot().ours.account,
      neg_risk_market_id: EVENT,
      index_set: String(bits),
      amount_shares: shares(micros),
      fee_bips: bips,
      question_count: 3,
      payout_pusd: pusd(BigInt(given.length - 1) * out),
      legs_out: given.map(({ tokens }) => leg(tokens[1], micros, 1)),
      legs_in: out === 0n ? [] : gained.map(({ tokens }) => leg(tokens[0], out, 0)),
    });
  };
  return [redeem, convert];
}

function walletActs({ random, told, amount, event, spot, transaction }: Desk): readonly Act[] {
  const transfer = (): LedgerEvent => {
    const { ours } = spot();
    const { account, condition_id, token_id } = ours;
    return event('TokensTransferred', {
      ...transaction(),
      account,
      condition_id,
      token_id,
      direction: random.pick(['IN', 'IN', 'OUT']),
      quantity_shares: shares(amount()),
      basis_pusd: random.chance(1, 2) ? null : pusd(amount()),
    });
  };
  const cash = (): LedgerEvent => {
    const kind = random.pick(['DEPOSIT', 'WITHDRAWAL', 'MAKER_REBATE'] as const);
    const micros = kind === 'WITHDRAWAL' ? -amount() : amount();
    const account = spot().ours.account;
    return event('CashMoved', { ...transaction(), account, kind, amount_pusd: pusd(micros) });
  };
  const opening = (): LedgerEvent => {
    const account = ACCOUNTS.find((one) => !told.opened.has(one));
    if (account === undefined) return cash();
    told.opened.add(account);
    const positions = [spot(), spot(), spot()].map(({ ours }) => ({
      trading_bot_id: ours.trading_bot_id,
      condition_id: ours.condition_id,
      token_id: ours.token_id,
      quantity_shares: shares(amount()),
      basis_pusd: random.chance(1, 2) ? null : pusd(amount()),
      acquired_at: null,
    }));
    return event('OpeningBalance', { account, balance_pusd: pusd(amount() * 50n), positions });
  };
  return [transfer, transfer, cash, opening];
}

function jobActs(desk: Desk): readonly Act[] {
  const { random, told, name, event } = desk;
  const claim = (): LedgerEvent => {
    const hash = `0x${name()}`;
    told.claims.push(hash);
    const open = [...told.jobs.values()].filter(({ state }) => state === 'queued');
    const account = random.pick(open.map((job) => job.account).concat(ACCOUNTS[0] ?? ''));
    const job = open.find((one) => one.account === account);
    const job_id = job?.job_id ?? `job_${name()}`;
    return event('SettlementJobClaimed', { account, job_id, tx_hash: hash, claimed_by: 'news' });
  };
  const fail = (): LedgerEvent => {
    const job = random.pick([...told.jobs.values(), null]);
    if (job === null) return claim();
    const { account, job_id } = job;
    return event('SettlementJobFailed', { account, job_id, tx_hash: null });
  };
  const execute = (): LedgerEvent => {
    const open = [...told.jobs.values()].filter((one) => ['queued', 'running'].includes(one.state));
    return open.length === 0 ? claim() : executed(desk, random.pick(open));
  };
  return [claim, fail, execute, execute, execute];
}

/** What a redemption of these legs pays on the chain: a floor for each. */
function paidFor(
  legs: readonly { readonly outcome_index: number | null; readonly quantity_shares: bigint }[],
  numerators: readonly string[],
): bigint {
  const total = numerators.reduce((sum, one) => sum + BigInt(one), 0n);
  return legs.reduce((sum, { outcome_index: index, quantity_shares: quantity }) => {
    return sum + (quantity * BigInt(numerators[index ?? 0] ?? '0')) / total;
  }, 0n);
}

/** The chain does what a job says. */
function executed({ random, event, transaction }: Desk, job: SettlementJob): LedgerEvent {
  const tx = transaction();
  const jobId = random.chance(1, 2) ? job.job_id : null;
  const common = {
    ...tx,
    tx_hash: job.tx_hash ?? tx.tx_hash,
    account: job.account,
    job_id: jobId,
    neg_risk_market_id: job.neg_risk_market_id,
  };
  const { legs, gains, payout_pusd } = job;
  const condition_id = job.condition_id ?? '';
  switch (job.kind) {
    case 'REDEEM': {
      const burned = legs.map((one) => ({ ...one, payout_pusd: null }));
      return event('PositionsRedeemed', { ...common, condition_id, payout_pusd, legs: burned });
    }
    case 'MERGE':
      return event('PositionsMerged', { ...common, condition_id, amount_pusd: payout_pusd, legs });
    default:
      return event('PositionsConverted', {
        ...common,
        neg_risk_market_id: EVENT,
        index_set: job.index_set ?? '0',
        amount_shares: job.amount_shares,
        fee_bips: job.fee_bips ?? 0,
        question_count: questions.length,
        payout_pusd,
        legs_out: legs,
        legs_in: gains,
      });
  }
}
