/**
 * Negative-risk events to rows and back, as data. Questions are added and resolved; holdings only
 * grow at their end.
 */

import { type Change } from '@polytraders/stream';
import { type Entity, type NegRiskEvent, type QuestionState } from './entities.ts';
import {
  type EventHoldingRow,
  eventHoldingsTable,
  type EventQuestionRow,
  eventQuestionsTable,
} from './market-tables.ts';

type Rows = Readonly<Record<string, readonly object[]>>;
type Located = { readonly table: string; readonly where: Readonly<Record<string, string>> };

/** Where the rows of an event lie. */
export function locateEvent(partition: string, negRiskMarketId: string): readonly Located[] {
  const where = { partition, neg_risk_market_id: negRiskMarketId };
  return [
    { table: eventQuestionsTable.name, where },
    { table: eventHoldingsTable.name, where },
  ];
}

/** Rows that turn `before` into `after`. */
export function changesOfEvent(
  partition: string,
  negRiskMarketId: string,
  before: NegRiskEvent | undefined,
  after: NegRiskEvent,
): readonly Change[] {
  const known = new Set(before?.questions);
  const questions = after.questions
    .filter((question) => !known.has(question))
    .map((question): Change => {
      const row: EventQuestionRow = {
        partition,
        neg_risk_market_id: negRiskMarketId,
        question_index: question.index,
        condition_id: question.conditionId,
        yes_token_id: question.yes,
        no_token_id: question.no,
        payout_numerators: question.numerators.map(String),
      };
      return { upsert: eventQuestionsTable.name, row };
    });
  const stored = before?.members.length ?? 0;
  const members = after.members.slice(stored).map(({ account, token }, index): Change => {
    const row: EventHoldingRow = {
      partition,
      neg_risk_market_id: negRiskMarketId,
      place: stored + index,
      account,
      token_id: token,
    };
    return { upsert: eventHoldingsTable.name, row };
  });
  return [...questions, ...members];
}

/** The event from its rows; nobody holds of an event that nobody has defined. */
export function eventFrom(rows: Rows): Entity | undefined {
  const questions = (rows[eventQuestionsTable.name] ?? []) as readonly EventQuestionRow[];
  const members = (rows[eventHoldingsTable.name] ?? []) as readonly EventHoldingRow[];
  if (questions.length === 0) return undefined;
  return {
    kind: 'event',
    questions: questions.map((row): QuestionState => ({
      index: row.question_index,
      conditionId: row.condition_id,
      yes: row.yes_token_id,
      no: row.no_token_id,
      numerators: row.payout_numerators.map(BigInt),
    })),
    members: members.map(({ account, token_id: token }) => ({ account, token })),
  };
}
