/** Reads the published cases and folds their fills, in the cases' own words. */

import { readFileSync } from 'node:fs';
import { expect } from '@jest/globals';
import {
  type Applied,
  applyFill,
  avgCost,
  costBasis,
  flatPosition,
  lotsOf,
  type OrderSide,
  type Position,
  positionShares,
  unrealisedAt,
} from '@polytraders/domain';
import {
  divideExact,
  divideHalfEven,
  formatFixed,
  formatMicros,
  parseMicros,
  parseRational,
  priceOfRational,
  pusd,
  type PusdMicros,
  type Rational,
  shares,
} from '@polytraders/money';

export type Json = Readonly<Record<string, unknown>>;
export type GivenFill = {
  readonly side: OrderSide;
  readonly qty: string;
  readonly price?: string;
  readonly total?: string;
  readonly fee?: string;
};
export type Case = {
  readonly id: string;
  readonly kind: string;
  readonly title: string;
  readonly input: Json;
  readonly expected: Json;
};
export type Assignment = {
  readonly id: string;
  readonly capability: string;
  readonly expectation: string;
};

const here = new URL('.', import.meta.url);
export const oracle = read('oracle-cases.json') as { readonly cases: readonly Case[] };
export const assigned = read('cases.json') as {
  readonly capabilities: readonly string[];
  readonly cases: readonly Assignment[];
};
export const expectations = new Map(assigned.cases.map((of) => [of.id, of]));

function read(name: string): unknown {
  return JSON.parse(readFileSync(new URL(name, here), 'utf8'));
}

export function micros(text: unknown): bigint {
  const value = parseMicros(String(text));
  if (typeof value === 'string') throw new Error(`${String(text)}: ${value}`);
  return value;
}

export function exact(text: unknown): Rational {
  const value = parseRational(String(text));
  if (typeof value === 'string') throw new Error(`${String(text)}: ${value}`);
  return value;
}

/** Everything a fold of fills shows, as the cases word it. */
export type Folded = {
  readonly steps: readonly Applied[];
  readonly last: Position;
  /** The opening price of each lot, by the fill that opened it. */
  readonly opened: ReadonlyMap<string, string>;
};

/** Folds the fills of a case with our rules. */
export function foldFills(fills: readonly GivenFill[]): Folded {
  let last = flatPosition();
  const opened = new Map<string, string>();
  const steps = fills.map((fill, index) => {
    const quantity = shares(micros(fill.qty));
    const cash =
      fill.total === undefined ? cashAt(quantity, exact(fill.price)) : micros(fill.total);
    const fillId = String(index);
    opened.set(fillId, fill.price ?? '');
    const step = applyFill(last, {
      orderSide: fill.side,
      quantity,
      notional: pusd(cash),
      fillId,
      offset: index,
      at: index,
    });
    last = step.position;
    return step;
  });
  return { steps, last, opened };
}

/** The cases' cash is exact in micros; a case whose is not would need another unit. */
export function cashAt(quantity: bigint, price: Rational): bigint {
  return divideExact(quantity * price.numerator, price.denominator);
}

export function sum(values: readonly bigint[]): bigint {
  return values.reduce((running, value) => running + value, 0n);
}

export function twoDecimals(value: bigint): string {
  return formatFixed(divideHalfEven(value, 10_000n), 2);
}

export const text = (value: bigint): string => formatMicros(value);
const short = (value: unknown): string => formatMicros(micros(value));
export const list = (value: unknown): readonly unknown[] => value as readonly unknown[];

export function fillsOf(input: Json): readonly GivenFill[] {
  if (input['fills'] !== undefined) return input['fills'] as readonly GivenFill[];
  const totals = input['fills_by_total'] as readonly (readonly [OrderSide, string, string])[];
  return totals.map(([side, qty, total]) => ({ side, qty, total }));
}

/** The closed lots, as LEAN words them: quantity, opening price, profit. */
function closedLots(of: Folded, fills: readonly GivenFill[]): readonly Json[] {
  return of.steps.flatMap((step, index) =>
    step.takes.map((take) => {
      const close = fills[index]?.price ?? '';
      const cash = cashAt(take.quantity, exact(close));
      return {
        qty: text(take.quantity),
        open: of.opened.get(take.lot.fillId),
        close,
        pnl: text(cash - (take.basis ?? 0n)),
      };
    }),
  );
}

/** Each field that a case may expect of FIFO, and how our fold shows it. */
export const shown: Readonly<Record<string, (of: Folded, input: Json) => unknown>> = {
  realised_before_fees: ({ last }) => text(last.realised),
  realised_if_FIFO: ({ last }) => text(last.realised),
  realised_2dp: ({ last }) => twoDecimals(last.realised),
  position: ({ last }) => text(positionShares(last)),
  avg_cost_after: ({ last }) => text(avgCost(last) ?? 0n),
  avg_px_after: ({ last }) => text(avgCost(last) ?? 0n),
  unrealised: ({ last }, input) => text(unrealised(last, input) ?? 0n),
  unrealised_2dp: ({ last }, input) => twoDecimals(unrealised(last, input) ?? 0n),
  total_fees: (_, input) => text(sum(fillsOf(input).map((fill) => micros(fill.fee ?? '0')))),
  realised_per_fill: ({ steps }) => steps.map((step) => text(step.realised)),
  total_cost_after_each: ({ steps }) => steps.map((step) => text(costBasis(step.position))),
  position_after_each: ({ steps }) => steps.map((step) => text(positionShares(step.position))),
  closed_lots: (of, input) => closedLots(of, fillsOf(input)),
  open_lots: ({ last, opened }) =>
    lotsOf(last.lots).map((lot) => [text(lot.quantity), opened.get(lot.fillId)]),
};

function unrealised(position: Position, input: Json): PusdMicros | null {
  return unrealisedAt(position, priceOfRational(exact(input['mark'])));
}

/** What a field expects, in the wording of `shown`. */
export function wanted(field: string, value: unknown): unknown {
  if (field.endsWith('_2dp')) return value;
  if (field === 'closed_lots')
    return (value as readonly Json[]).map(
      (lot) => expect.objectContaining(withoutFees(lot)) as unknown,
    );
  if (Array.isArray(value))
    return value.map((item: unknown) => (Array.isArray(item) ? item : short(item)));
  return short(value);
}

function withoutFees(lot: Json): Json {
  return Object.fromEntries(Object.entries(lot).filter(([key]) => key !== 'fees'));
}

/** Figures of another method, and of capabilities that are not this one; each is named. */
export const elsewhere = new Set([
  'realised_if_LIFO',
  'realised_if_AVERAGE',
  'realised_moving_average_2dp',
  'realised_exact',
  'realised_net',
  'avg_px_open',
  'if_sell_all_5_at_1.30',
  'free',
  'redemption',
  'realised_at_redemption',
  'net_realised_after_each_8dp',
  'avg_px_after_each',
]);

export function netAfterEach(of: Folded, fills: readonly GivenFill[]): readonly Rational[] {
  let net: Rational = { numerator: 0n, denominator: 1n };
  return of.steps.map((step, index) => {
    const fee = exact(fills[index]?.fee ?? '0');
    const scale = 1_000_000n * fee.denominator;
    const gain = step.realised * fee.denominator - fee.numerator * 1_000_000n;
    net = {
      numerator: net.numerator * scale + gain * net.denominator,
      denominator: net.denominator * scale,
    };
    return net;
  });
}
