/**
 * Market data of the bus as it is noted: ids in the one way to write each, so that a fill finds the
 * mark of its token and the definition of its condition however a sender has spelled them. What
 * cannot be noted is answered with a sentence.
 */

import { codec, type MarketDefinition, type MarkObserved } from '@polytraders/contracts';
import { isRefusal } from './amounts.ts';
import { mark, oddTextIn, time } from './door.ts';
import { type Refusal } from './draft.ts';
import { hashAt, together, tokenAt, unreadable } from './fields.ts';

/** A fill carries a mark for each question of its event, and must stay far below a megabyte. */
export const QUESTIONS_MAX = 1_000;
/** It goes on the log as one record, and a compressed message may carry many megabytes of it. */
export const DEFINITION_MAX_BYTES = 512 * 1024;

type Question = MarketDefinition['questions'][number];

/** The mark as it is noted, or why it cannot be. */
export function markIn(given: MarkObserved): MarkObserved | string {
  const odd = oddTextIn(given, 'the mark');
  if (odd !== null) return odd;
  const beyond = mark(given.price);
  if (beyond !== null) return `Expected a mark ${beyond.expected}; found ${beyond.found}.`;
  const untimely = time(given.observed_at);
  if (untimely !== null) {
    return `Expected observed_at ${untimely.expected}; found ${untimely.found}.`;
  }
  const token = tokenIn('token_id', given.token_id);
  return isRefusal(token) ? token.because : { ...given, token_id: token };
}

/** The definition as it is noted, or why it cannot be. */
export function definitionIn(given: MarketDefinition): MarketDefinition | string {
  const { tokens, questions, neg_risk_market_id: event } = given;
  const most = Math.max(tokens.length, questions.length);
  if (most > QUESTIONS_MAX) {
    const expected = `Expected at most ${String(QUESTIONS_MAX)} questions and tokens of an event`;
    return `${expected}; found ${String(most)}.`;
  }
  const odd = oddTextIn(given, 'the definition');
  if (odd !== null) return odd;
  const ids = together({
    condition_id: hashIn('condition_id', given.condition_id),
    neg_risk_market_id: event === null ? null : hashIn('neg_risk_market_id', event),
    tokens: each(tokens, ({ token_id: id, ...rest }) =>
      together({ ...rest, token_id: tokenIn('token_id', id) }),
    ),
    questions: each(questions, questionIn),
  });
  if (isRefusal(ids)) return ids.because;
  const bytes = codec.encode('MarketDefinition', { ...given, ...ids }, 0).length;
  if (bytes <= DEFINITION_MAX_BYTES) return { ...given, ...ids };
  const expected = `Expected a definition of at most ${String(DEFINITION_MAX_BYTES)} bytes`;
  return `${expected}; found ${String(bytes)}.`;
}

function questionIn(question: Question): Question | Refusal {
  return together({
    ...question,
    condition_id: hashIn('condition_id', question.condition_id),
    yes_token_id: tokenIn('yes_token_id', question.yes_token_id),
    no_token_id: tokenIn('no_token_id', question.no_token_id),
  });
}

function tokenIn(name: string, text: string): string | Refusal {
  return tokenAt({ [name]: text }, false, name) ?? unreadable(name, 'of a token', text);
}

function hashIn(name: string, text: string): string | Refusal {
  return hashAt({ [name]: text }, name) ?? unreadable(name, 'of 32 bytes', text);
}

/** All values, or the first refusal among them. */
function each<Given, Value>(
  all: readonly Given[],
  read: (one: Given) => Value | Refusal,
): readonly Value[] | Refusal {
  const values: Value[] = [];
  for (const one of all) {
    const value = read(one);
    if (isRefusal(value)) return value;
    values.push(value);
  }
  return values;
}
