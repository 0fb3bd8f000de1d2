import { describe, expect, test } from '@jest/globals';
import {
  type Event,
  type MarketDefinition,
  type MarkObserved,
  TOPICS,
} from '@polytraders/contracts';
import { priceE18 } from '@polytraders/money';
import {
  CONDITION,
  DEFINITION,
  NO,
  NOON,
  outcomesOf,
  testWriter,
  valuesOf,
  YES,
} from '../test/inputs.ts';
import { PROSE_MAX_BYTES, TEXT_MAX_BYTES } from './door.ts';
import { definitionIn, markIn, QUESTIONS_MAX } from './market-input.ts';
import { busInputOf } from './shell/inputs.ts';

const PROSE = 'x'.repeat(PROSE_MAX_BYTES);
const LONG = 'x'.repeat(TEXT_MAX_BYTES + 1);

function placeOf({ type }: Event) {
  const topic = Object.values(TOPICS).find(({ records }) => records.includes(type));
  return { sourcePosition: `${topic?.name ?? ''}/0/1`, bytes: Buffer.from('raw') };
}

const mark: MarkObserved = {
  token_id: '1',
  price: priceE18(5n * 10n ** 17n),
  kind: 'MID',
  observed_at: NOON,
  source: 'clob',
};

const question = { question_index: 0, condition_id: CONDITION, yes_token_id: YES, no_token_id: NO };

describe('market data that cannot be used is set aside, not noted', () => {
  const many = Array(QUESTIONS_MAX + 1).fill(question) as MarketDefinition['questions'];
  const odd: readonly (readonly [string, Event, string])[] = [
    [
      'a mark above 1',
      { type: 'MarkObserved', value: { ...mark, price: priceE18(7n * 10n ** 18n) } },
      'Expected a mark from 0 to 1; found 7.',
    ],
    [
      'a mark of a token with NUL',
      { type: 'MarkObserved', value: { ...mark, token_id: '1\u0000' } },
      'Expected token_id without the character NUL; found "1\\u0000".',
    ],
    [
      'a mark of another age',
      { type: 'MarkObserved', value: { ...mark, observed_at: 5 } },
      'Expected observed_at from 2015 to 2099, in microseconds since 1970; found 5.',
    ],
    [
      'a definition with NUL in an outcome',
      {
        type: 'MarketDefinition',
        value: { ...DEFINITION, tokens: [{ token_id: '1', outcome: '\u0000' }] },
      },
      'Expected outcome without the character NUL; found "\\u0000".',
    ],
    [
      'a definition whose id is a page',
      { type: 'MarketDefinition', value: { ...DEFINITION, condition_id: LONG } },
      'Expected condition_id of at most 512 bytes; found',
    ],
    [
      'a definition that no record can carry',
      {
        type: 'MarketDefinition',
        value: { ...DEFINITION, tokens: Array(100).fill({ token_id: '1', outcome: PROSE }) },
      },
      'Expected a definition of at most 524288 bytes; found',
    ],
    [
      'an event of a thousand and one questions',
      { type: 'MarketDefinition', value: { ...DEFINITION, questions: many } },
      'Expected at most 1000 questions and tokens of an event; found 1001.',
    ],
  ];

  test.each(odd)('%s', (_claim, event, sentence) => {
    const input = busInputOf(event, placeOf(event));
    if (input.becomes !== 'input') throw new Error(`Expected an input; found ${input.becomes}.`);
    const written = testWriter().inputs(input.input.raw);
    expect(outcomesOf(written)).toEqual(['quarantined: INVALID_INPUT']);
    expect(valuesOf(written, 'QuarantinedInput')[0]?.['detail']).toContain(sentence);
  });

  test('an event of a thousand questions is noted', () => {
    const questions = many.slice(1);
    const told = { ...DEFINITION, neg_risk_market_id: CONDITION, questions };
    expect(definitionIn(told)).toEqual(told);
  });

  test('good market data is noted', () => {
    const observed: Event = { type: 'MarkObserved', value: mark };
    expect(busInputOf(observed, placeOf(observed)).becomes).toBe('mark');
    const defined: Event = { type: 'MarketDefinition', value: DEFINITION };
    const told = busInputOf(defined, placeOf(defined));
    expect(told.becomes).toBe('definition');
  });
});

describe('one market has one id, however it is spelled', () => {
  const loud = (id: string): string => `0x${id.slice(2).toUpperCase()}`;

  test('conditions and events are noted in lower case', () => {
    const event = `0x${'ab'.repeat(31)}00`;
    const told = { ...DEFINITION, neg_risk_market_id: event, questions: [question] };
    const spelled: MarketDefinition = {
      ...told,
      condition_id: loud(CONDITION),
      neg_risk_market_id: loud(event),
      questions: [{ ...question, condition_id: loud(CONDITION) }],
    };
    expect(definitionIn(spelled)).toEqual(told);
  });

  test.each(['0x23f0', '09200', '', '1.02e+77'])('a token as "%s" is refused', (token) => {
    const sentence = expect.stringContaining(`Expected token_id `);
    expect(markIn({ ...mark, token_id: token })).toEqual(sentence);
    const tokens = [{ token_id: token, outcome: 'Yes' }];
    expect(definitionIn({ ...DEFINITION, tokens })).toEqual(sentence);
    const questions = [{ ...question, yes_token_id: token }];
    expect(definitionIn({ ...DEFINITION, questions })).toEqual(
      expect.stringContaining('Expected yes_token_id '),
    );
  });

  test.each(['', '0x12', 'market'])('a condition as "%s" is refused', (condition) => {
    expect(definitionIn({ ...DEFINITION, condition_id: condition })).toContain(
      'Expected condition_id ',
    );
    expect(definitionIn({ ...DEFINITION, neg_risk_market_id: condition })).toContain(
      'Expected neg_risk_market_id ',
    );
  });
});
