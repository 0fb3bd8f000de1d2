/** What moves without a trade, on the log: identity, legs, held tokens, who is of record (B9). */

import { describe, expect, test } from '@jest/globals';
import {
  ALICE,
  CONDITION,
  DEFINITION,
  MATCH,
  movement,
  NO,
  outcomesOf,
  testWriter,
  TX,
  typesOf,
  valuesOf,
  without,
  type Written,
  YES,
} from '../../test/inputs.ts';
import { type Accounts, parseAccounts } from '../accounts.ts';

const FACTS = { kind: 'facts', definition: DEFINITION, definitionHash: 'h1', marks: [] } as const;
const OTHER = `0x${'22'.repeat(32)}`;
const BOB_ADDRESS = `0x${'b0'.repeat(20)}`;
const SPLIT = { condition_id: CONDITION, amount_pusd: '10' };
const REDEEMED = { condition_id: CONDITION, payout_pusd: '100' };
const CASH = { kind: 'DEPOSIT', amount_pusd: '25.5' };
const RECEIVED = {
  kind: 'TRANSFER',
  direction: 'IN',
  counterparty: BOB_ADDRESS,
  token_id: YES,
  quantity_shares: '40',
};
/** A second fill, of 30 shares. */
const FEW = { ...MATCH, fill_id: 'F2', quantity_shares: '30', size_pusd: '15' };
const LEG = { token_id: YES, quantity_shares: '100', payout_pusd: '100' };

function declared(sources: object): Accounts {
  const accounts = parseAccounts(JSON.stringify({ [ALICE]: sources }));
  if ('code' in accounts) throw new Error(accounts.message);
  return accounts;
}

const WITH_CHAIN = declared({ source_of_record: 'bus', other_sources: ['chain'] });

test('a movement of a file, which names no block, is noted by its time', () => {
  const said = { kind: 'YIELD', amount_pusd: '2' };
  const noted = (source: 'chain' | 'file'): unknown => {
    const { entities } = testWriter().inputs(movement('CashMoved', said, source));
    const moved = entities.get(`moved|${TX}|${ALICE}`);
    return moved?.kind === 'moved' ? [...moved.places.values()][0]?.unplacedAt : 'none';
  };
  expect(noted('file')).toBe(Date.parse('2026-05-08T12:00:00Z') * 1000);
  expect(noted('chain')).toBeNull();
});

describe('identity', () => {
  const KINDS = [
    movement('PositionsSplit', { ...SPLIT, neg_risk_market_id: null, legs: pair('10') }),
    movement('PositionsMerged', { ...SPLIT, legs: pair('10') }),
    movement('PositionsRedeemed', { ...REDEEMED, legs: [LEG] }),
    movement('TokensTransferred', RECEIVED),
    movement('CashMoved', CASH),
  ];

  test.each(KINDS.map((raw) => [raw.format === 'movement' ? raw.type : '', raw] as const))(
    '%s stands on the log once, however often it is told',
    (type, raw) => {
      const written = testWriter().inputs(raw, raw, raw);
      expect(typesOf(written).filter((one) => one !== 'MarketDefined')).toEqual([type]);
      expect(outcomesOf(written).slice(1)).toEqual(['ignored: duplicate', 'ignored: duplicate']);
    },
  );

  test('two movements of one transaction in two conditions are two', () => {
    const other = { ...SPLIT, condition_id: OTHER, legs: [] };
    const written = testWriter().inputs(
      movement('PositionsSplit', { ...SPLIT, legs: pair('10') }),
      movement('PositionsSplit', other),
    );
    expect(typesOf(written)).toEqual(['PositionsSplit', 'PositionsSplit']);
  });

  test('its id follows from the movement, not from where and when it was told', () => {
    const [one] = valuesOf(testWriter().inputs(movement('CashMoved', CASH)), 'CashMoved');
    const again = testWriter();
    again.inputs(movement('CashMoved', { ...CASH, tx_hash: OTHER }));
    const later = again.inputs(movement('CashMoved', CASH, 'file'));
    expect(valuesOf(later, 'CashMoved')[0]?.['event_id']).toBe(one?.['event_id']);
  });

  test('its block is not its content: told again from another block it is a duplicate', () => {
    const written = testWriter().inputs(
      movement('CashMoved', CASH),
      movement('CashMoved', { ...CASH, block_number: 8, log_index: 0 }),
    );
    expect(outcomesOf(written)).toEqual(['applied', 'ignored: duplicate']);
  });

  test.each([
    ['another amount', movement('CashMoved', { ...CASH, amount_pusd: '25.500001' })],
    [
      'another amount from another source',
      movement('CashMoved', { ...CASH, amount_pusd: '30' }, 'file'),
    ],
  ])('%s is a conflict, set aside with what stands; the account is in doubt', (_what, other) => {
    const writer = testWriter();
    const written = writer.inputs(movement('CashMoved', CASH), other);
    const [cash] = valuesOf(written, 'CashMoved');
    expect(outcomesOf(written)[1]).toBe('quarantined: GOV_MOVEMENT_CONFLICT');
    expect(valuesOf(written, 'QuarantinedInput')).toMatchObject([
      { account: ALICE, conflicts_with_event_id: cash?.['event_id'] },
    ]);
    const [fill] = valuesOf(writer.reports(MATCH), 'FillConfirmed');
    expect(fill?.['incomplete_reasons']).toContain('GOV_ACCOUNT_INCOMPLETE');
  });

  test('other legs are a conflict by name', () => {
    const written = testWriter().inputs(
      movement('PositionsRedeemed', { ...REDEEMED, legs: [LEG] }),
      movement('PositionsRedeemed', { ...REDEEMED, legs: [{ ...LEG, quantity_shares: '90' }] }),
    );
    const [aside] = valuesOf(written, 'QuarantinedInput');
    expect(aside?.['detail']).toBe(
      `Expected PositionsRedeemed of transaction ${TX} as chain told it first; found another legs.`,
    );
  });

  test('cash that the chain takes for a deposit and a file for a rebate is one', () => {
    const rebate = { kind: 'MAKER_REBATE', amount_pusd: '25.5' };
    const written = testWriter().inputs(
      movement('CashMoved', CASH),
      movement('CashMoved', rebate, 'file'),
    );
    expect(outcomesOf(written)).toEqual(['applied', 'ignored: duplicate']);
  });
});

describe('who is of record', () => {
  test('where the chain is declared a file confirms what it told, and books nothing else', () => {
    const writer = testWriter(WITH_CHAIN);
    const written = writer.inputs(
      movement('CashMoved', CASH, 'file'),
      movement('CashMoved', CASH),
      movement('CashMoved', CASH, 'file'),
    );
    expect(outcomesOf(written)).toEqual([
      'quarantined: GOV_MOVEMENT_UNMATCHED',
      'applied',
      'ignored: duplicate',
    ]);
    expect(valuesOf(written, 'CashMoved')).toMatchObject([{ source: 'chain', block_number: 7 }]);
  });

  test('where it is not, a file books', () => {
    const accounts = declared({ source_of_record: 'bus' });
    const written = testWriter(accounts).inputs(movement('CashMoved', CASH, 'file'));
    expect(valuesOf(written, 'CashMoved')).toMatchObject([{ source: 'file', block_number: null }]);
  });
});

describe('what the writer adds', () => {
  test('the market stands before its first use, and once', () => {
    const writer = testWriter();
    writer.say(FACTS);
    const written = writer.inputs(
      movement('PositionsSplit', SPLIT),
      movement('PositionsMerged', SPLIT),
    );
    expect(typesOf(written)).toEqual(['MarketDefined', 'PositionsSplit', 'PositionsMerged']);
  });

  test('legs of a split are the same of both outcomes, by the definition', () => {
    const writer = testWriter();
    writer.say(FACTS);
    const [split] = valuesOf(writer.inputs(movement('PositionsSplit', SPLIT)), 'PositionsSplit');
    expect(split).toMatchObject({
      neg_risk_market_id: null,
      job_id: null,
      legs: legs(10_000_000n),
    });
  });

  test('without a definition they follow from a token that the account has held', () => {
    const writer = testWriter();
    writer.reports(MATCH);
    const [split] = valuesOf(writer.inputs(movement('PositionsSplit', SPLIT)), 'PositionsSplit');
    expect(split).toMatchObject({ legs: legs(10_000_000n) });
  });

  test('and where nobody knows which kind of market it is, nothing is guessed', () => {
    const written = testWriter().inputs(movement('PositionsSplit', SPLIT));
    expect(outcomesOf(written)).toEqual(['quarantined: INCOMPLETE_INPUT']);
  });

  test('the outcome of a leg is derived from its token', () => {
    const told = [{ token_id: NO, quantity_shares: '3' }];
    const written = testWriter().inputs(
      movement('PositionsRedeemed', { condition_id: CONDITION, payout_pusd: '0', legs: told }),
    );
    expect(valuesOf(written, 'PositionsRedeemed')).toMatchObject([
      { legs: [{ token_id: NO, outcome_index: 1 }] },
    ]);
  });

  test('and not read from a definition that its id contradicts', () => {
    const writer = testWriter();
    const tokens = [...DEFINITION.tokens].reverse();
    writer.say({ ...FACTS, definition: { ...DEFINITION, tokens } });
    const [split] = valuesOf(writer.inputs(movement('PositionsSplit', SPLIT)), 'PositionsSplit');
    expect(split).toMatchObject({ legs: legs(10_000_000n) });
  });

  test('of a token that no definition knows and no id proves, its outcome stays unknown', () => {
    const told = [{ token_id: '12', quantity_shares: '3' }];
    const written = testWriter().inputs(
      movement('PositionsRedeemed', { condition_id: CONDITION, payout_pusd: '0', legs: told }),
    );
    expect(valuesOf(written, 'PositionsRedeemed')).toMatchObject([
      { legs: [{ token_id: '12', outcome_index: null }] },
    ]);
  });

  test('a transferred token has the condition of its definition', () => {
    const writer = testWriter();
    writer.say(FACTS);
    const written = writer.inputs(movement('TokensTransferred', RECEIVED));
    expect(valuesOf(written, 'TokensTransferred')).toMatchObject([
      { condition_id: CONDITION, basis_pusd: null },
    ]);
  });
});

describe('a redemption that does not say of which shares', () => {
  test('takes all that the account holds of the condition, winners and losers', () => {
    const writer = testWriter();
    writer.reports(MATCH, { ...FEW, token_id: NO });
    const written = writer.inputs(movement('PositionsRedeemed', REDEEMED, 'file'));
    expect(valuesOf(written, 'PositionsRedeemed')).toMatchObject([
      {
        payout_pusd: 100_000_000n,
        legs: [
          { token_id: YES, outcome_index: 0, quantity_shares: 100_000_000n, payout_pusd: null },
          { token_id: NO, outcome_index: 1, quantity_shares: 30_000_000n, payout_pusd: null },
        ],
      },
    ]);
  });

  test('finds shares whose fills knew no condition', () => {
    const writer = testWriter();
    writer.reports(MATCH, without(FEW, 'condition_id'));
    const written = writer.inputs(
      movement('PositionsRedeemed', { ...REDEEMED, payout_pusd: '130' }, 'file'),
    );
    expect(valuesOf(written, 'PositionsRedeemed')).toMatchObject([
      { legs: [{ token_id: YES, quantity_shares: 130_000_000n }] },
    ]);
  });

  test('counts what was sold, merged, sent away and received in between', () => {
    const writer = testWriter();
    writer.reports(MATCH, { ...FEW, order_side: 'SELL' });
    writer.inputs(
      movement('PositionsSplit', { ...SPLIT, legs: pair('10') }),
      movement('PositionsMerged', { ...SPLIT, amount_pusd: '4', legs: pair('4') }),
      movement('TokensTransferred', RECEIVED),
      movement('TokensTransferred', { ...RECEIVED, direction: 'OUT', quantity_shares: '1' }),
    );
    const written = writer.inputs(
      movement('PositionsRedeemed', { ...REDEEMED, payout_pusd: '115' }, 'file'),
    );
    expect(valuesOf(written, 'PositionsRedeemed')).toMatchObject([
      {
        legs: [
          { token_id: YES, quantity_shares: 115_000_000n },
          { token_id: NO, quantity_shares: 6_000_000n },
        ],
      },
    ]);
  });

  test('takes no provisional fill: it may still fail', () => {
    const writer = testWriter();
    writer.reports({ ...MATCH, status: 'MATCHED' });
    const written = writer.inputs(movement('PositionsRedeemed', REDEEMED, 'file'));
    expect(valuesOf(written, 'PositionsRedeemed')).toMatchObject([{ legs: [] }]);
  });

  test('for nothing, of an account that held nothing, is set aside by name', () => {
    const written = testWriter().inputs(
      movement('PositionsRedeemed', { ...REDEEMED, payout_pusd: '0' }, 'file'),
    );
    const [aside] = valuesOf(written, 'QuarantinedInput');
    expect(aside).toMatchObject({ reason_code: 'GOV_REDEMPTION_UNMATCHED', account: ALICE });
    expect(aside?.['detail']).toContain(`${ALICE} to hold what it redeemed of ${CONDITION}`);
    expect(aside?.['detail']).toContain('for 0 pUSD');
  });

  test('for cash, of an account that held nothing, is booked without shares and named', () => {
    const written = testWriter().inputs(movement('PositionsRedeemed', REDEEMED, 'file'));
    expect(outcomesOf(written)).toEqual(['applied']);
    expect(valuesOf(written, 'PositionsRedeemed')).toMatchObject([
      { account: ALICE, condition_id: CONDITION, payout_pusd: 100_000_000n, legs: [] },
    ]);
    expect(reasonsOf(written)).toEqual(['GOV_REDEMPTION_UNMATCHED']);
  });

  test('for more cash than the shares held can pay burns those, and is named', () => {
    const writer = testWriter();
    writer.reports(MATCH);
    const told = movement('PositionsRedeemed', { ...REDEEMED, payout_pusd: '100.000001' }, 'file');
    const written = writer.inputs(told);
    expect(valuesOf(written, 'PositionsRedeemed')).toMatchObject([
      {
        payout_pusd: 100_000_001n,
        legs: [{ token_id: YES, quantity_shares: 100_000_000n }],
      },
    ]);
    expect(reasonsOf(written)).toEqual(['GOV_REDEMPTION_UNMATCHED']);
    const more = { ...REDEEMED, tx_hash: OTHER, payout_pusd: '100' };
    expect(reasonsOf(writer.inputs(movement('PositionsRedeemed', more, 'file')))).toEqual([
      'GOV_REDEMPTION_UNMATCHED',
    ]);
    expect(outcomesOf(writer.inputs(told))).toEqual(['ignored: duplicate']);
  });

  test('for as much cash as one outcome held can pay is not named', () => {
    const writer = testWriter();
    writer.reports(MATCH, { ...FEW, token_id: NO });
    const written = writer.inputs(movement('PositionsRedeemed', REDEEMED, 'file'));
    expect(reasonsOf(written)).toEqual([]);
  });

  test('of nothing, after all was redeemed, moves nothing and is counted as such', () => {
    const writer = testWriter();
    writer.reports(MATCH);
    const written = writer.inputs(
      movement('PositionsRedeemed', REDEEMED, 'file'),
      movement('PositionsRedeemed', { ...REDEEMED, tx_hash: OTHER, payout_pusd: '0' }, 'file'),
    );
    expect(outcomesOf(written)).toEqual(['applied', 'ignored: empty']);
  });

  test('told by the chain with legs it takes those, and leaves the rest', () => {
    const writer = testWriter();
    writer.reports(MATCH, { ...FEW, token_id: NO });
    writer.inputs(movement('PositionsRedeemed', { ...REDEEMED, legs: [LEG] }));
    const rest = { ...REDEEMED, tx_hash: OTHER, payout_pusd: '0' };
    const written = writer.inputs(movement('PositionsRedeemed', rest, 'file'));
    expect(valuesOf(written, 'PositionsRedeemed')).toMatchObject([
      { legs: [{ token_id: NO, quantity_shares: 30_000_000n }] },
    ]);
  });
});

function reasonsOf({ entries }: Written): readonly string[] {
  return entries.flatMap(({ reason_code: reason }) => (reason === null ? [] : [reason]));
}

function pair(shares: string) {
  return [
    { token_id: YES, quantity_shares: shares },
    { token_id: NO, quantity_shares: shares },
  ];
}

function legs(quantity: bigint) {
  return [
    { token_id: YES, outcome_index: 0, quantity_shares: quantity },
    { token_id: NO, outcome_index: 1, quantity_shares: quantity },
  ];
}
