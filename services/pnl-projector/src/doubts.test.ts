/** Every cause that a movement or a market can be quarantined for, and what it leaves. */

import { describe, expect, test } from '@jest/globals';
import {
  codec,
  fieldsOfReport,
  type LedgerEvent,
  type SettlementReport,
  TOPICS,
} from '@polytraders/contracts';
import { pusd, shares } from '@polytraders/money';
import { createDriver, type Driven } from '@polytraders/stream';
import { type Entity, type Holding, holdingKey, partitionOfAccount } from './entities.ts';
import { type LedgerEntry } from './entry.ts';
import { ACCOUNT, at, CONDITION, fillConfirmed, TOKEN } from './events.fixture.ts';
import { CAUSES } from './fold.ts';
import {
  claimed,
  conversion,
  eventsOf,
  leg,
  marketDefined,
  marketResolved,
  merge,
  NO_TOKEN,
  opening,
  redeem,
  split,
  transfer,
} from './movements.fixture.ts';
import { processor } from './processor.ts';

type Played = Driven<Entity, LedgerEntry>;

function play(...events: readonly LedgerEvent[]): Played {
  return createDriver(processor).drive(eventsOf(events));
}

function lastOutcome({ outcomes }: Played): string {
  const { outcome, because } = outcomes.at(-1) ?? { outcome: 'none', because: '' };
  return because === '' ? outcome : `${outcome}: ${because}`;
}

function reasonsOf({ entities }: Played, token = TOKEN): readonly string[] {
  const holding = entities.get(holdingKey(ACCOUNT, token)) as Holding | undefined;
  return [...new Set((holding?.books ?? []).flatMap((book) => book.incomplete))].sort();
}

const fill: LedgerEvent = { type: 'FillConfirmed', value: fillConfirmed() };
const defined: LedgerEvent = { type: 'MarketDefined', value: marketDefined() };
const resolved: LedgerEvent = { type: 'MarketResolved', value: marketResolved() };
const redeemed = (micros: bigint, payout: bigint): LedgerEvent => ({
  type: 'PositionsRedeemed',
  value: redeem('r', {
    legs: [{ ...leg(TOKEN, micros, 0), payout_pusd: null }],
    payout_pusd: pusd(payout),
  }),
});

describe('causes of a movement', () => {
  test('MORE_THAN_THE_BOOKS_HOLD: a transfer out of more than was bought', () => {
    const out = transfer('t', { direction: 'OUT', quantity_shares: shares(150_000_000n) });
    const played = play(fill, { type: 'TokensTransferred', value: out });
    expect(lastOutcome(played)).toBe('quarantined: MORE_THAN_THE_BOOKS_HOLD');
    expect(reasonsOf(played)).toEqual(['GOV_MOVEMENT_UNBOOKED', 'GOV_WALLET_OVERSOLD']);
    expect(played.entries.slice(1).map((entry) => entry.quantity_shares)).toEqual([
      -100_000_000n,
      -50_000_000n,
    ]);
  });

  test('LEGS_MISSING: a conversion whose legs are not those of its index set', () => {
    const few = conversion('v', { legs_in: [] });
    const odd = conversion('w', { index_set: 'three' });
    for (const value of [few, odd, conversion('x', { index_set: '8' })]) {
      const played = play({ type: 'PositionsConverted', value });
      expect(lastOutcome(played)).toBe('quarantined: LEGS_MISSING');
      expect(played.entries.every((entry) => entry.quarantined)).toBe(true);
      expect(played.entries.at(-1)?.cash_pusd).toBe(100_000_000n);
    }
  });

  test('AMOUNTS_DISAGREE: a conversion that paid otherwise than the adapter computes', () => {
    const lots = ['NO_A', 'NO_B'].map((token_id) => ({
      trading_bot_id: 'mm',
      condition_id: null,
      token_id,
      quantity_shares: shares(100_000_000n),
      basis_pusd: pusd(60_000_000n),
      acquired_at: null,
    }));
    const held: LedgerEvent = { type: 'OpeningBalance', value: opening('o', { positions: lots }) };
    const value = conversion('v', { payout_pusd: pusd(99_000_000n) });
    const played = play(held, { type: 'PositionsConverted', value });
    expect(lastOutcome(played)).toBe('quarantined: AMOUNTS_DISAGREE');
    expect(reasonsOf(played, 'NO_A')).toEqual(['GOV_MOVEMENT_DISAGREES']);
    // It is booked as it moved: basis 120, cash 99, 21 carried.
    const yes = played.entries.find((entry) => entry.token_id === 'YES_C');
    expect([yes?.cost_basis_pusd, yes?.quarantined]).toEqual([21_000_000n, false]);
  });

  test('AMOUNTS_DISAGREE: a merge whose legs are not its amount', () => {
    const legs = [leg(TOKEN, 100_000_000n, 0), leg(NO_TOKEN, 99_000_000n, 1)];
    const played = play(fill, { type: 'PositionsMerged', value: merge('m', { legs }) });
    expect(lastOutcome(played)).toBe('quarantined: AMOUNTS_DISAGREE');
    expect(played.entries.slice(1).map((entry) => entry.cash_pusd)).toEqual([100_000_000n, 0n]);
  });

  test('LEGS_MISSING: of a merge with one leg its shares leave the wallet, its cash comes', () => {
    const legs = [leg(TOKEN, 40_000_000n, 0)];
    const amount_pusd = pusd(40_000_000n);
    const played = play(fill, {
      type: 'PositionsMerged',
      value: merge('m', { amount_pusd, legs }),
    });
    expect(lastOutcome(played)).toBe('quarantined: LEGS_MISSING');
    expect(played.entries.at(-1)).toMatchObject({
      token_id: TOKEN,
      quantity_shares: -40_000_000n,
      cash_pusd: 40_000_000n,
      quarantined: true,
    });
    expect(played.entities.get(holdingKey(ACCOUNT, TOKEN))).toMatchObject({ shares: 60_000_000n });
  });

  test('PAYOUT_DISAGREES: a winner that was paid less than its payout is no rounding', () => {
    const played = play(defined, fill, resolved, redeemed(100_000_000n, 99_000_000n));
    expect(lastOutcome(played)).toBe('quarantined: PAYOUT_DISAGREES');
    expect(reasonsOf(played)).toEqual(['GOV_MOVEMENT_DISAGREES']);
    const last = played.entries.at(-1);
    expect([last?.entry_kind, last?.realised_pnl_pusd]).toEqual(['REDEEM', -1_000_000n]);
  });

  test('what a lot made that no resolution re-based is no rounding', () => {
    // Its condition is told only behind the resolution, by a fill: 100 @ 0.50, twice, for 200.
    const bare: LedgerEvent = {
      type: 'FillConfirmed',
      value: fillConfirmed({ fill_id: 'f0', condition_id: null }),
    };
    const played = play(bare, resolved, fill, redeemed(200_000_000n, 200_000_000n));
    const kinds = played.entries.slice(2).map((one) => [one.entry_kind, one.realised_pnl_pusd]);
    expect(kinds).toEqual([['REDEEM', 100_000_000n]]);
  });

  test('a micro off is rounding, of its own kind', () => {
    const played = play(defined, fill, resolved, redeemed(100_000_000n, 99_999_999n));
    expect(lastOutcome(played)).toBe('applied');
    const kinds = played.entries.slice(2).map((one) => [one.entry_kind, one.realised_pnl_pusd]);
    expect(kinds).toEqual([
      ['REDEEM', 0n],
      ['ROUNDING', -1n],
    ]);
  });
});

describe('causes of a market', () => {
  test('RESOLUTION_UNREADABLE: numerators that pay nothing to anybody, or are no numbers', () => {
    for (const payout_numerators of [['0', '0'], [], ['1', '-1'], ['one', 'two']]) {
      const value = marketResolved({ payout_numerators });
      const played = play(fill, { type: 'MarketResolved', value });
      expect(lastOutcome(played)).toBe('quarantined: RESOLUTION_UNREADABLE');
      expect(reasonsOf(played)).toEqual(['GOV_OUTCOME_UNKNOWN']);
    }
  });

  test('OUTCOME_UNKNOWN: a token that no definition lists and no id proves', () => {
    const value = fillConfirmed({ token_id: 'YES' });
    const played = play({ type: 'FillConfirmed', value }, resolved);
    expect(lastOutcome(played)).toBe('quarantined: OUTCOME_UNKNOWN');
    expect(reasonsOf(played, 'YES')).toEqual(['GOV_OUTCOME_UNKNOWN']);
  });

  test('without a definition the id of a real token proves its outcome', () => {
    const no = fillConfirmed({ fill_id: 'f2', token_id: NO_TOKEN });
    const played = play(fill, { type: 'FillConfirmed', value: no }, resolved);
    expect(lastOutcome(played)).toBe('applied');
    const settled = played.emitted
      .filter(({ topic }) => topic === TOPICS.settlementReports.name)
      .map(({ record }) => record.value as SettlementReport)
      .filter((report) => report.event_type === 'MARKET_SETTLED');
    expect(settled.map((report) => [report.token_id, report.payout_pusd])).toEqual([
      [TOKEN, 100_000_000n],
      [NO_TOKEN, 0n],
    ]);
  });

  test('MARKET_DEFINITION_DIFFERS: other tokens of a condition; the first ones stay', () => {
    const tokens = [
      { token_id: NO_TOKEN, outcome: 'Yes' },
      { token_id: TOKEN, outcome: 'No' },
    ];
    const turned: LedgerEvent = { type: 'MarketDefined', value: marketDefined({ tokens }) };
    const played = play(defined, fill, turned);
    expect(lastOutcome(played)).toBe('quarantined: MARKET_DEFINITION_DIFFERS');
    expect(reasonsOf(played)).toEqual(['GOV_MOVEMENT_DISAGREES']);
    const made: LedgerEvent = {
      type: 'MarketDefined',
      value: marketDefined({ tokens, synthesised: true }),
    };
    expect(lastOutcome(play(defined, made))).toBe('ignored: market that is known');
    expect(lastOutcome(play(made, defined))).toBe('applied');
  });

  test('tokens in the order of the rows of a file say nothing of who has won', () => {
    const rows = [
      { token_id: NO_TOKEN, outcome: 'No' },
      { token_id: TOKEN, outcome: 'Yes' },
    ];
    const made: LedgerEvent = {
      type: 'MarketDefined',
      value: marketDefined({ tokens: rows, synthesised: true }),
    };
    const said = (played: Played) =>
      played.emitted
        .filter(({ topic }) => topic === TOPICS.settlementReports.name)
        .map(({ record }) => record.value as SettlementReport)
        .filter((report) => report.event_type === 'MARKET_SETTLED')
        .map((report) => [report.token_id, report.payout_pusd]);
    expect(said(play(made, fill, resolved))).toEqual([[TOKEN, 100_000_000n]]);
    const ofUnproven: LedgerEvent = {
      type: 'MarketDefined',
      value: marketDefined({
        tokens: [
          { token_id: 'NO', outcome: 'No' },
          { token_id: 'YES', outcome: 'Yes' },
        ],
        synthesised: true,
      }),
    };
    const bought: LedgerEvent = { type: 'FillConfirmed', value: fillConfirmed({ token_id: 'NO' }) };
    const played = play(ofUnproven, bought, resolved);
    expect(said(played)).toEqual([]);
    expect(lastOutcome(played)).toBe('quarantined: OUTCOME_UNKNOWN');
    expect(reasonsOf(played, 'NO')).toEqual(['GOV_OUTCOME_UNKNOWN']);
  });

  test('a status is kept of a market that the partition knows, and of no other', () => {
    const said = { ...marketDefined(), market_seq: 3, status: 'CLOSED' as const };
    const closed = { type: 'MarketStatusChanged', value: said } as never as LedgerEvent;
    expect(lastOutcome(play(closed))).toBe('ignored: market of nobody here');
    expect(lastOutcome(play(fill, closed))).toBe('applied');
    expect(lastOutcome(play(fill, closed, closed))).toBe('ignored: market that is known');
    expect(lastOutcome(play(fill, resolved, closed))).toBe('ignored: market that is known');
  });

  test('causes and reasons given here are named', () => {
    const given = [
      'MORE_THAN_THE_BOOKS_HOLD',
      'LEGS_MISSING',
      'AMOUNTS_DISAGREE',
      'PAYOUT_DISAGREES',
      'OUTCOME_UNKNOWN',
      'RESOLUTION_UNREADABLE',
      'RESOLUTION_CONFLICT',
      'MARKET_DEFINITION_DIFFERS',
    ];
    expect(CAUSES).toEqual(expect.arrayContaining(given));
  });
});

describe('who gets what comes in', () => {
  const botsOf = (played: Played): readonly string[] =>
    played.entries.map((entry) => entry.trading_bot_id);
  const own: LedgerEvent = { type: 'PositionsSplit', value: split('s') };

  test('the bot that claimed the job with this transaction, where it is the same wallet', () => {
    const claim: LedgerEvent = { type: 'SettlementJobClaimed', value: claimed('s', 'arb') };
    expect(botsOf(play(claim, own))).toEqual(['arb', 'arb']);
    expect(botsOf(play(own, claim))).toEqual(['treasury', 'treasury']);
    const others = { ...claimed('s', 'arb'), account: samePartition() };
    const theirs: LedgerEvent = { type: 'SettlementJobClaimed', value: others };
    expect(botsOf(play(theirs, own))).toEqual(['treasury', 'treasury']);
    expect(botsOf(play(claim, theirs, own))).toEqual(['arb', 'arb']);
    expect(lastOutcome(play(claim, claim))).toBe('ignored: claim that is known');
  });

  /** Another account of the same partition. */
  function samePartition(): string {
    const others = Array.from({ length: 500 }, (_, index) => `0xc${String(index)}`);
    return others.find((one) => partitionOfAccount(one) === partitionOfAccount(ACCOUNT)) ?? '';
  }

  test('paper books are settled and say nothing', () => {
    const account = `paper:${ACCOUNT}`;
    const value = fillConfirmed({ account, paper: true });
    const log = [at({ type: 'FillConfirmed', value }, 0, account), at(resolved, 1, account)];
    const played = createDriver(processor).drive(log);
    expect(played.entries.map((entry) => entry.entry_kind)).toEqual(['FILL', 'RESOLVE']);
    expect(played.emitted).toEqual([]);
  });

  test('a movement in another partition than its account stops', () => {
    const wrong = { ...at(own, 0), partition: (partitionOfAccount(ACCOUNT) + 1) % 12 };
    expect(() => createDriver(processor).drive([wrong])).toThrow('belongs to partition');
  });

  test('reports of a settled book go to those who have to do with it, once each', () => {
    const { emitted } = play(fill, resolved);
    expect(emitted.slice(1).map(({ topic, key }) => [topic, key])).toEqual(
      [
        TOPICS.settlementReports,
        TOPICS.financeTeam,
        TOPICS.governanceAudit,
        TOPICS.postTradeArchive,
      ].map(({ name }) => [name, ACCOUNT]),
    );
    const [record] = emitted.slice(1).map(({ record: one }) => one.value as SettlementReport);
    const fields: readonly string[] = fieldsOfReport('MARKET_SETTLED');
    const told = Object.entries(record ?? {}).filter(([, value]) => value !== null);
    expect(told.map(([name]) => name).filter((name) => !fields.includes(name))).toEqual([]);
    const bytes = codec.encode('SettlementReport', record ?? {}, 0);
    const decode = codec.decoderOf(codec.schemaOf('SettlementReport'));
    expect(decode(bytes).value).toEqual(record);
    expect(record).toMatchObject({
      report_id: `settlement_market_${CONDITION}_${ACCOUNT}_mm_${TOKEN}`,
      event_type: 'MARKET_SETTLED',
      settled_shares: 100_000_000n,
      payout_per_share: 10n ** 18n,
      payout_pusd: 100_000_000n,
      realised_pnl_pusd: 50_000_000n,
      retained_until: '2033-05-08',
      fill_id: null,
      order_side: null,
      ledger_offset: null,
    });
  });
});
