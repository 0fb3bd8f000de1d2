/**
 * `npm run bench:neg-risk`: what a negative-risk fill costs in the fold, beside a plain one.
 * No servers: the step alone, with its puts, over a bot that holds YES and NO of every question,
 * which is the dearest case. A plain fill looks up nothing of an event and puts its own holding.
 */

import { type FillConfirmed, type LedgerEvent } from '@polytraders/contracts';
import { fixture } from '@polytraders/contracts/fixtures';
import { processTerminal } from '@polytraders/cli';
import { priceE18, pusd, shares } from '@polytraders/money';
import { processor } from '@polytraders/pnl-projector';
import { type Entity } from '../../services/pnl-projector/src/entities.ts';
import { partitionOfAccount } from '../../services/pnl-projector/src/entities.ts';

const FILLS = 20_000;
const EVENT = '0xe0';
const terminal = processTerminal();

// Once for the compiler, which is slow the first time.
for (const negRisk of [false, true]) run(3, negRisk);
for (const questions of [3, 10, 60]) {
  const plain = run(questions, false);
  const event = run(questions, true);
  terminal.out(
    `${String(questions).padStart(3)} questions, ${String(2 * questions)} books: plain ` +
      `${plain.micros.toFixed(1)} µs a fill, neg-risk ${event.micros.toFixed(1)} µs and ` +
      `${event.puts.toFixed(1)} entities put (plain ${plain.puts.toFixed(1)})\n`,
  );
}

/** Folds the fills one after the other, as a partition does. */
function run(
  questions: number,
  negRisk: boolean,
): { readonly micros: number; readonly puts: number } {
  const entities = new Map<string, Entity>();
  const partition = partitionOfAccount(fixture('FillConfirmed').account);
  const lookup = { get: (key: string) => entities.get(key) };
  let offset = 0;
  let puts = 0;
  const tell = (event: LedgerEvent): void => {
    // As the runtime does after a restart: what is not asked for is not there.
    processor.keys(event, partition);
    processor.keysThen?.(event, lookup, partition);
    const step = processor.step(lookup, { event, topic: '', partition, offset });
    offset += 1;
    if (step.outcome !== 'applied')
      throw new Error(`Expected ${event.type} applied: ${step.because}.`);
    for (const { key, entity } of step.puts) if (entity !== undefined) entities.set(key, entity);
    puts += step.puts.length;
  };
  tell(definition(questions));
  for (let at = 0; at < 2 * questions; at += 1) tell(fill(at, questions, negRisk, at));
  const warm = FILLS / 10;
  for (let at = 0; at < warm; at += 1) tell(fill(at, questions, negRisk, 1_000_000 + at));
  puts = 0;
  const fills = Array.from({ length: FILLS }, (_, at) => fill(at, questions, negRisk, at + 10_000));
  const started = performance.now();
  for (const one of fills) tell(one);
  return { micros: ((performance.now() - started) * 1000) / FILLS, puts: puts / FILLS };
}

function definition(questions: number): LedgerEvent {
  const list = Array.from({ length: questions }, (_, index) => ({
    question_index: index,
    condition_id: `c${String(index)}`,
    yes_token_id: `y${String(index)}`,
    no_token_id: `n${String(index)}`,
  }));
  const value = {
    ...fixture('MarketDefined'),
    condition_id: 'c0',
    tokens: ['y0', 'n0'].map((token_id) => ({ token_id, outcome: '' })),
    neg_risk_market_id: EVENT,
    questions: list,
    synthesised: false,
  };
  return { type: 'MarketDefined', value };
}

/** A share of YES or NO of a question, bought more often than sold, with the event's marks. */
function fill(at: number, questions: number, negRisk: boolean, name: number): LedgerEvent {
  const question = Math.floor(at / 2) % questions;
  const token = `${at % 2 === 0 ? 'y' : 'n'}${String(question)}`;
  const kind = 'MID' as const;
  const base = fixture('FillConfirmed');
  const observed_at = base.confirmed_at;
  const price = (each: number) => priceE18(BigInt(1000 + ((at + each) % 7)) * 10n ** 13n);
  const marks = Array.from({ length: negRisk ? questions : 1 }, (_, each) => {
    return {
      token_id: negRisk ? `y${String(each)}` : token,
      price: price(each),
      kind,
      observed_at,
    };
  });
  const value: FillConfirmed = {
    ...base,
    fill_id: `f${String(name)}`,
    event_id: `e${String(name)}`,
    token_id: token,
    condition_id: `c${String(question)}`,
    order_side: Math.floor(at / (2 * questions)) % 3 === 2 ? 'SELL' : 'BUY',
    quantity_shares: shares(1_000_000n),
    size_pusd: pusd(400_000n),
    fee_bps: 25,
    fee_pusd: null,
    builder_fee_pusd: null,
    builder_fee_bps: null,
    neg_risk: negRisk,
    neg_risk_market_id: negRisk ? EVENT : null,
    marks,
    paper: false,
  };
  return { type: 'FillConfirmed', value };
}
