/** Conversions of which the source says the amount and the cash only (reference 2.4). */

import { describe, expect, test } from '@jest/globals';
import { type MarketDefinition } from '@polytraders/contracts';
import { pusd, shares } from '@polytraders/money';
import {
  DEFINITION,
  MATCH,
  movement,
  outcomesOf,
  testWriter,
  valuesOf,
} from '../../test/inputs.ts';
import { type MovementSaid } from '../draft.ts';
import { wholeConversion } from './conversion.ts';
import { derivedPair } from './derived.ts';

const EVENT = `0x${'cc'.repeat(31)}00`;
const UNIT = 1_000_000n;
/** Four questions; 10 + i is the YES of question i, 20 + i its NO. */
const QUESTIONS: MarketDefinition['questions'] = [0, 1, 2, 3].map((index) => ({
  question_index: index,
  condition_id: `0x${String(index).repeat(64)}`,
  yes_token_id: String(10 + index),
  no_token_id: String(20 + index),
}));

const SAID: MovementSaid<'PositionsConverted'> = {
  account: 'alice',
  neg_risk_market_id: EVENT,
  index_set: null,
  amount_shares: shares(10n * UNIT),
  fee_bips: null,
  question_count: null,
  payout_pusd: pusd(10n * UNIT),
  legs_out: null,
  legs_in: null,
  tx_hash: `0x${'11'.repeat(32)}`,
  block_number: null,
  block_hash: null,
  log_index: null,
};

function holding(...tokens: readonly string[]): (token: string) => bigint {
  return (token) => (tokens.includes(token) ? 10n * UNIT : 0n);
}

test('cash and held NO that leave one set of questions say all of it', () => {
  expect(wholeConversion(SAID, QUESTIONS, holding('20', '22'))).toMatchObject({
    index_set: '5',
    fee_bips: 0,
    question_count: 4,
    legs_out: [
      { token_id: '20', outcome_index: 1, quantity_shares: 10n * UNIT },
      { token_id: '22', outcome_index: 1, quantity_shares: 10n * UNIT },
    ],
    legs_in: [
      { token_id: '11', outcome_index: 0, quantity_shares: 10n * UNIT },
      { token_id: '13', outcome_index: 0, quantity_shares: 10n * UNIT },
    ],
  });
});

test('a fee follows from the cash: 10.000003 of two at 100 bips pay 9.900003', () => {
  const said = { ...SAID, amount_shares: shares(10_000_003n), payout_pusd: pusd(9_900_003n) };
  const held = (token: string): bigint => (token < '22' && token >= '20' ? 10_000_003n : 0n);
  expect(wholeConversion(said, QUESTIONS, held)).toMatchObject({
    index_set: '3',
    fee_bips: 100,
    legs_in: [{ quantity_shares: 9_900_003n }, { quantity_shares: 9_900_003n }],
  });
});

test('the NO of all questions become cash alone', () => {
  const said = { ...SAID, payout_pusd: pusd(30n * UNIT) };
  expect(wholeConversion(said, QUESTIONS, holding('20', '21', '22', '23'))).toMatchObject({
    index_set: '15',
    legs_in: [],
  });
});

test.each([
  ['three held of which two were given', SAID, holding('20', '21', '22')],
  ['cash for two where one is held', SAID, holding('20')],
  ['less held than was given', { ...SAID, amount_shares: shares(11n * UNIT) }, holding('20', '21')],
  ['one question, whose fee no cash tells', { ...SAID, payout_pusd: pusd(0n) }, holding('20')],
  ['cash that no fee explains', { ...SAID, payout_pusd: pusd(11n * UNIT) }, holding('20', '21')],
  ['more questions than are defined', { ...SAID, question_count: 5 }, holding('20', '21')],
  ['an index set beyond the questions', { ...SAID, index_set: '16' }, holding('20', '21')],
])('%s leave it open', (_what, said, held) => {
  expect(typeof wholeConversion(said, QUESTIONS, held)).toBe('string');
});

test('without a definition nothing is known', () => {
  expect(typeof wholeConversion(SAID, [], holding('20', '21'))).toBe('string');
});

test('an index set that is told needs no held shares', () => {
  const said = { ...SAID, index_set: '3' };
  expect(wholeConversion(said, QUESTIONS, () => 0n)).toMatchObject({
    legs_out: [{ token_id: '20' }, { token_id: '21' }],
  });
});

test('legs that are told need no definition, and tell the fee', () => {
  const leg = (token: string, quantity: bigint) => ({
    token_id: token,
    outcome_index: null,
    quantity_shares: shares(quantity),
  });
  const said = {
    ...SAID,
    index_set: '1',
    amount_shares: shares(UNIT),
    payout_pusd: pusd(0n),
    legs_out: [leg('20', UNIT)],
    legs_in: [leg('11', 990_000n), leg('12', 990_000n), leg('13', 990_000n)],
  };
  expect(wholeConversion(said, [], () => 0n)).toMatchObject({ fee_bips: 100, question_count: 4 });
});

describe('on the log', () => {
  const definition = {
    ...DEFINITION,
    condition_id: QUESTIONS[0]?.condition_id ?? '',
    tokens: [
      { token_id: '10', outcome: 'Yes' },
      { token_id: '20', outcome: 'No' },
    ],
    neg_risk_market_id: EVENT,
    questions: QUESTIONS,
  };
  const buy = (id: string, token: string, condition: string) => ({
    ...MATCH,
    fill_id: id,
    order_id: id,
    token_id: token,
    condition_id: condition,
    negRisk: 'true',
  });
  const raw = movement(
    'PositionsConverted',
    { neg_risk_market_id: EVENT, amount_shares: '100', payout_pusd: '100' },
    'file',
  );

  test('an export is booked out of what the account holds; the YES are held after it', () => {
    const writer = testWriter();
    writer.say({ kind: 'facts', definition, definitionHash: 'h', marks: [] });
    const [one, , three] = QUESTIONS.map((question) => question.condition_id);
    writer.reports(buy('F1', '20', one ?? ''), buy('F2', '22', three ?? ''));
    const written = writer.inputs(raw, raw);
    expect(outcomesOf(written)).toEqual(['applied', 'ignored: duplicate']);
    expect(valuesOf(written, 'PositionsConverted')).toMatchObject([{ index_set: '5' }]);
    const second = QUESTIONS[1]?.condition_id ?? '';
    const tokens = [
      { token_id: '11', outcome: 'Yes' },
      { token_id: '21', outcome: 'No' },
    ];
    const other = { ...definition, condition_id: second, tokens };
    writer.say({ kind: 'facts', definition: other, definitionHash: 'i', marks: [] });
    const redeemed = movement(
      'PositionsRedeemed',
      { condition_id: second, payout_pusd: '0' },
      'file',
    );
    expect(valuesOf(writer.inputs(redeemed), 'PositionsRedeemed')).toMatchObject([
      { legs: [{ token_id: '11', outcome_index: 0, quantity_shares: 100n * UNIT }] },
    ]);
  });

  test('a question that is defined the other way round is taken as its ids prove it', () => {
    const questions = QUESTIONS.map((question) => {
      const [yes = '', no = ''] = derivedPair(question.condition_id, 'WRAPPED') ?? [];
      const isTurned = question.question_index === 0;
      return {
        ...question,
        yes_token_id: isTurned ? no : yes,
        no_token_id: isTurned ? yes : no,
      };
    });
    const [first, second, third, fourth] = questions;
    const tokens = [first?.yes_token_id ?? '', first?.no_token_id ?? ''];
    const turned = {
      ...definition,
      tokens: tokens.map((token_id) => ({ token_id, outcome: '' })),
      questions,
    };
    const writer = testWriter();
    writer.say({ kind: 'facts', definition: turned, definitionHash: 'h', marks: [] });
    writer.reports(
      buy('F1', first?.yes_token_id ?? '', first?.condition_id ?? ''),
      buy('F2', third?.no_token_id ?? '', third?.condition_id ?? ''),
    );
    expect(valuesOf(writer.inputs(raw), 'PositionsConverted')).toMatchObject([
      {
        index_set: '5',
        legs_out: [{ token_id: first?.yes_token_id }, { token_id: third?.no_token_id }],
        legs_in: [{ token_id: second?.yes_token_id }, { token_id: fourth?.yes_token_id }],
      },
    ]);
  });

  test('what the definition and the wallet leave open is set aside by name', () => {
    const written = testWriter().inputs(raw);
    const [aside] = valuesOf(written, 'QuarantinedInput');
    expect(aside?.['reason_code']).toBe('INCOMPLETE_INPUT');
    expect(aside?.['detail']).toContain(`a definition of event ${EVENT} with all its questions`);
  });

  test('told by the chain first, the export is the same again, naming no questions', () => {
    const leg = (token: string) => ({ token_id: token, quantity_shares: '100' });
    const chain = movement('PositionsConverted', {
      neg_risk_market_id: EVENT,
      index_set: '5',
      amount_shares: '100',
      payout_pusd: '100',
      fee_bips: 0,
      question_count: 4,
      legs_out: [leg('20'), leg('22')],
      legs_in: [leg('11'), leg('13')],
    });
    expect(outcomesOf(testWriter().inputs(chain, raw))).toEqual(['applied', 'ignored: duplicate']);
  });
});
