/**
 * Failure injections of the PnL Reporter through both services that they concern: reports and
 * market data as they come in, fill-ingestor's log, pnl-projector's reports. Real token ids.
 */

import { describe, expect, test } from '@jest/globals';
import { type LedgerEvent, type SettlementReport, TOPICS } from '@polytraders/contracts';
import { partitionOf } from '@polytraders/contracts';
import { priceE18 } from '@polytraders/money';
import { processor as projector } from '@polytraders/pnl-projector';
import { createDriver } from '@polytraders/stream';
import { ALICE, MATCH, NOON, testWriter } from '../../services/fill-ingestor/test/inputs.ts';
import { DEFINITION, type Fields } from '../../services/fill-ingestor/test/inputs.ts';
import { EVENT, questions } from './ledger-desk.ts';

const [A, B, C] = questions;
if (A === undefined || B === undefined || C === undefined) throw new Error('three questions');
const { condition, tokens } = A;
const [, NO_A] = tokens;

const LISTED = questions.map((one, index) => ({
  question_index: index,
  condition_id: one.condition,
  yes_token_id: one.tokens[0],
  no_token_id: one.tokens[1],
}));

const STANDARD = {
  ...DEFINITION,
  condition_id: condition,
  tokens: tokens.map((token_id, at) => ({ token_id, outcome: at === 0 ? 'Yes' : 'No' })),
};
const NEG_RISK = { ...STANDARD, neg_risk_market_id: EVENT, questions: LISTED };

/** YES marks of the event in cents, observed at a time. */
const marksAt = (observedAt: number, ...cents: readonly number[]) =>
  cents.map((cent, at) => ({
    tokenId: questions[at]?.tokens[0] ?? '',
    kind: 'MID' as const,
    price: priceE18(BigInt(cent) * 10n ** 16n),
    observedAt,
  }));

const buy = (fill_id: string, said: Fields = {}): Fields => ({
  ...MATCH,
  fill_id,
  condition_id: condition,
  token_id: NO_A,
  negRisk: 'false',
  ...said,
});

/** Both services as one: what market data says, and the reports that fills get. */
function desk() {
  const writer = testWriter();
  const books = createDriver(projector);
  const partition = partitionOf(ALICE, TOPICS.ledgerEvents.partitions);
  let offset = 0;
  return {
    say: writer.say,
    fill: (fields: Fields): SettlementReport | undefined => {
      const written = writer.on(partition).reports(fields);
      const events = written.entries.flatMap(({ record }) =>
        record === undefined ? [] : [record],
      );
      const log = events.map((event) => {
        const topic = TOPICS.ledgerEvents.name;
        const input = { event: event as LedgerEvent, topic, partition, offset };
        offset += 1;
        return input;
      });
      return books
        .drive(log)
        .emitted.filter(({ topic }) => topic === TOPICS.settlementReports.name)
        .map(({ record }) => record.value as SettlementReport)[0];
    },
  };
}

describe('failure injections of the specification, from the wire to the report', () => {
  // B5 overrides: not the binary payoff but the token's id decides; there is no "normal binary
  // range" to exceed. What the metadata lack is flagged, and mended by a new definition.
  test('NEGRISK_FLAG_MISSING: the id proves it, GOV_NEGRISK_FLAG_MISMATCH warns, mended', () => {
    const { say, fill } = desk();
    const marks = marksAt(NOON, 42, 37, 27);
    say({ kind: 'facts', definition: STANDARD, definitionHash: 'd1', marks: marks.slice(0, 1) });
    expect(fill(buy('F1', { mark_price: '0.58' }))).toMatchObject({
      negRisk: true,
      unrealised_pnl_pusd: 8_000_000n,
      negRisk_price: null,
      reason_codes: expect.arrayContaining([
        'GOV_NEGRISK_FLAG_MISMATCH',
        'GOV_NEGRISK_TOKEN_BY_TOKEN',
        'PNL_REPORTER_NEGRISK_DETECTED',
      ]),
    });
    // Update market metadata with correct negRisk flag; re-compute unrealised P&L.
    say({ kind: 'facts', definition: NEG_RISK, definitionHash: 'd2', marks });
    const mended = fill(buy('F2', { negRisk: 'true' }));
    expect(mended).toMatchObject({
      negRisk: true,
      // 200 NO of A at 1 − 0.42 ÷ 1.06, less the 100 that they cost.
      unrealised_pnl_pusd: 20_754_716n,
      negRisk_mark_sum: 1_060_000n,
    });
    expect(mended?.reason_codes).toEqual([
      'PNL_REPORTER_FILL_PNL_COMPUTED',
      'PNL_REPORTER_NEGRISK_DETECTED',
    ]);
  });

  test('STALE_MIDPRICE: prices are blocked for 90 s, the last known is used, then the next', () => {
    const { say, fill } = desk();
    const facts = { kind: 'facts', definition: NEG_RISK, definitionHash: 'd1' } as const;
    say({ ...facts, marks: marksAt(NOON - 90_000_000, 42, 37, 27) });
    expect(fill(buy('F1', { negRisk: 'true' }))).toMatchObject({
      unrealised_pnl_pusd: 10_377_358n,
      mark_age_ms: 90_000,
      mark_kind: 'MID',
      reason_codes: expect.arrayContaining(['STALE_DATA']),
    });
    // Once the price endpoint recovers, the next fill has the fresh price.
    say({ ...facts, marks: marksAt(NOON, 40, 35, 25) });
    const recovered = fill(buy('F2', { negRisk: 'true' }));
    expect(recovered).toMatchObject({ unrealised_pnl_pusd: 20_000_000n, mark_age_ms: 0 });
    expect(recovered?.reason_codes).not.toContain('STALE_DATA');
  });
});
