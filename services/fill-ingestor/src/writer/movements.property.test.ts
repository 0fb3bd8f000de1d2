/** Whoever tells a movement first, and however often: the log is the same. */

import { expect, test } from '@jest/globals';
import {
  type Arbitrary,
  array,
  assert,
  constantFrom,
  nat,
  property,
  record,
  tuple,
} from 'fast-check';
import {
  ALICE,
  command,
  CONDITION,
  DEFINITION,
  MATCH,
  movement,
  NO,
  outcomesOf,
  testWriter,
  valuesOf,
  type Written,
  YES,
} from '../../test/inputs.ts';
import { parseAccounts } from '../accounts.ts';
import { type RawInput } from '../raw.ts';

const FACTS = { kind: 'facts', definition: DEFINITION, definitionHash: 'h1', marks: [] } as const;

type Kind = 'split' | 'merge' | 'redeem' | 'in' | 'out' | 'cash';
/** A movement as it happened, in whole shares; each has a transaction of its own. */
type Happened = { readonly kind: Kind; readonly amount: number };
type Telling = { readonly who: 'chain' | 'file'; readonly at: number };

const happened: Arbitrary<Happened> = record({
  kind: constantFrom<Kind>('split', 'merge', 'redeem', 'in', 'out', 'cash'),
  amount: nat({ max: 50 }).map((amount) => amount + 1),
});
const history = array(happened, { minLength: 1, maxLength: 8 });
/** Who tells each movement first, and what is told again later, by whom. */
const tellings = tuple(
  array(constantFrom<'chain' | 'file'>('chain', 'file'), { minLength: 8, maxLength: 8 }),
  array(record({ who: constantFrom<'chain' | 'file'>('chain', 'file'), at: nat({ max: 40 }) }), {
    maxLength: 12,
  }),
);

type Stock = { yes: number; no: number };

/** A source's words for a movement. A file names no legs; the stock is what it was then. */
function told(one: Happened, index: number, stock: Stock, source: 'chain' | 'file'): RawInput {
  const tx = { tx_hash: `0x${String(index + 1).padStart(64, '0')}` };
  const amount = String(one.amount);
  const both = [leg(YES, one.amount), leg(NO, one.amount)];
  const legs = source === 'chain' ? { legs: both } : {};
  const set = { ...tx, condition_id: CONDITION, amount_pusd: amount, ...legs };
  switch (one.kind) {
    case 'split':
      return movement('PositionsSplit', set, source);
    case 'merge':
      return movement('PositionsMerged', set, source);
    case 'redeem': {
      const held = [leg(YES, stock.yes), leg(NO, stock.no)].filter(isHeld);
      const burned = source === 'chain' ? { legs: held } : {};
      const paid = String(Math.max(stock.yes, 0));
      const value = { ...tx, condition_id: CONDITION, payout_pusd: paid, ...burned };
      return movement('PositionsRedeemed', value, source);
    }
    case 'in':
    case 'out': {
      const direction = one.kind === 'in' ? 'IN' : 'OUT';
      const whose = { kind: 'TRANSFER', direction, counterparty: `0x${'b0'.repeat(20)}` };
      const value = { ...tx, ...whose, token_id: YES, quantity_shares: amount };
      return movement('TokensTransferred', value, source);
    }
    case 'cash': {
      // The chain does not know what it was for.
      const kind = source === 'chain' ? 'DEPOSIT' : 'REWARD';
      return movement('CashMoved', { ...tx, kind, amount_pusd: amount }, source);
    }
  }
}

/** The history without what a wallet that holds too little cannot do, and the stock before each. */
function possible(all: readonly Happened[]): readonly (readonly [Happened, Stock])[] {
  const stock: Stock = { yes: 100, no: 0 };
  return all.flatMap((one): readonly (readonly [Happened, Stock])[] => {
    const before = { ...stock };
    if (one.kind === 'merge' && Math.min(stock.yes, stock.no) < one.amount) return [];
    if (one.kind === 'out' && stock.yes < one.amount) return [];
    if (one.kind === 'redeem' && stock.yes + stock.no === 0) return [];
    if (one.kind === 'split' || one.kind === 'in') stock.yes += one.amount;
    if (one.kind === 'split') stock.no += one.amount;
    if (one.kind === 'merge' || one.kind === 'out') stock.yes -= one.amount;
    if (one.kind === 'merge') stock.no -= one.amount;
    if (one.kind === 'redeem') Object.assign(stock, { yes: 0, no: 0 });
    return [[one, before]];
  });
}

/** Tells each movement by who is first, then again where the tellings say so, never before that. */
function drive(
  steps: readonly (readonly [Happened, Stock])[],
  first: readonly ('chain' | 'file')[],
  more: readonly Telling[],
): Written {
  const inputs = steps.map(([one, stock], at) => told(one, at, stock, first[at] ?? 'chain'));
  const all = inputs.map((raw, at) => ({ raw, at }));
  for (const { who, at } of more) {
    const index = at % steps.length;
    const step = steps[index];
    if (step === undefined) continue;
    const from = all.findIndex((one) => one.at === index) + 1;
    const to = from + ((at * 7) % (all.length - from + 1));
    all.splice(to, 0, { raw: told(step[0], index, step[1], who), at: -1 });
  }
  const writer = testWriter();
  writer.say(FACTS);
  writer.reports(MATCH);
  return writer.inputs(...all.map(({ raw }) => raw));
}

/** What stands on the log, but for who told it where and what the chain does not know of cash. */
function logOf(written: Written): readonly object[] {
  return written.emitted.map(({ record: { type, value } }) => {
    const said = value as Readonly<Record<string, unknown>>;
    const own = { ...said, type, kind: type === 'CashMoved' ? null : said['kind'] };
    const place = { source: null, source_position: null, block_number: null, log_index: null };
    const isCash = type === 'CashMoved';
    return { ...own, ...place, recorded_at: null, event_id: isCash ? null : said['event_id'] };
  });
}

test('the log is the same, whichever source tells a movement first and however often', () => {
  assert(
    property(history, tellings, (all, [first, more]) => {
      const steps = possible(all);
      if (steps.length === 0) return;
      const chain = drive(steps, [], []);
      const mixed = drive(steps, first, more);
      expect(logOf(mixed)).toEqual(logOf(chain));
      const others = outcomesOf(mixed).filter((one) => one !== 'applied');
      expect(new Set(others)).toEqual(new Set(others.length === 0 ? [] : ['ignored: duplicate']));
    }),
    { numRuns: 300 },
  );
});

test('where the chain is declared, a file changes nothing on the log, told before or after', () => {
  const accounts = parseAccounts(
    JSON.stringify({ [ALICE]: { source_of_record: 'bus', other_sources: ['chain'] } }),
  );
  if ('code' in accounts) throw new Error(accounts.message);
  assert(
    property(history, tellings, (all, [first, more]) => {
      const steps = possible(all);
      const inputs = steps.map(([one, stock], at) => told(one, at, stock, 'chain'));
      const asides = steps.flatMap(([one, stock], at): readonly RawInput[] =>
        first[at] === 'file' ? [told(one, at, stock, 'file')] : [],
      );
      const again = more.flatMap(({ at }): readonly RawInput[] => {
        const raw = inputs[at % Math.max(1, inputs.length)];
        return raw === undefined ? [] : [raw];
      });
      const run = (...raws: readonly RawInput[]): readonly object[] => {
        const writer = testWriter(accounts);
        writer.say(FACTS);
        writer.reports({ ...MATCH, tx_hash: TX_OF_FILL, order_hash: TX_OF_FILL });
        const written = writer.inputs(...raws);
        return logOf(written).filter((one) => 'type' in one && one.type !== 'QuarantinedInput');
      };
      expect(run(...asides, ...inputs, ...asides, ...again)).toEqual(run(...inputs));
    }),
    { numRuns: 200 },
  );
});

const TX_OF_FILL = `0x${'ee'.repeat(32)}`;

test('what is held is what fills and movements brought, under whichever name they knew it', () => {
  const named = constantFrom(true, false);
  const arbitrary = array(
    record({ isNamed: named, isBuy: constantFrom(true, true, false), lots: nat({ max: 9 }) }),
    { minLength: 1, maxLength: 12 },
  );
  assert(
    property(arbitrary, (fills) => {
      const writer = testWriter();
      let sum = 0;
      const reports = fills.map(({ isNamed, isBuy, lots }, at) => {
        const shares = lots + 1;
        sum += isBuy ? shares : -shares;
        return {
          ...MATCH,
          fill_id: `F${String(at)}`,
          order_id: `O${String(at)}`,
          order_side: isBuy ? 'BUY' : 'SELL',
          condition_id: isNamed ? CONDITION : '',
          quantity_shares: String(shares),
          size_pusd: String(shares / 2),
        };
      });
      writer.reports(...reports);
      const value = { condition_id: CONDITION, payout_pusd: '0' };
      const written = writer.inputs(movement('PositionsRedeemed', value, 'file'));
      const missing = 'quarantined: GOV_REDEMPTION_UNMATCHED';
      const outcome = sum > 0 ? 'applied' : sum === 0 ? 'ignored: empty' : missing;
      expect(outcomesOf(written)).toEqual([outcome]);
      if (sum <= 0) return;
      const quantity = BigInt(sum) * 1_000_000n;
      expect(valuesOf(written, 'PositionsRedeemed')).toMatchObject([
        { legs: [{ token_id: YES, quantity_shares: quantity }] },
      ]);
    }),
    { numRuns: 200 },
  );
});

test('an opening balance and the whole history are what the history came to', () => {
  const last: Happened = { kind: 'cash', amount: 1 };
  assert(
    property(history, nat(), nat(), (all, block, before) => {
      // Of the last one only the stock before it is asked: what there is in the end.
      const steps = possible([...all, last]);
      const at = block % steps.length;
      const inputs = steps
        .slice(0, -1)
        .map(([one, stock], index) => inBlock(told(one, index, stock, 'chain'), index + 1));
      const early = inputs.slice(at, at + (before % (inputs.length - at + 1)));
      const [, had] = steps[at] ?? [null, { yes: 0, no: 0 }];
      const writer = testWriter();
      writer.say(FACTS);
      const written = writer.inputs(...early, openingOf(had, at), ...inputs);
      const expected = inputs.map((_, index) => {
        if (index < at) return 'quarantined: GOV_BEFORE_OPENING';
        return index < at + early.length ? 'ignored: duplicate' : 'applied';
      });
      expect(outcomesOf(written).slice(early.length + 1)).toEqual(expected);
      const [, has] = steps[steps.length - 1] ?? [null, had];
      expect([heldIn(written, YES), heldIn(written, NO)]).toEqual([has.yes, has.no]);
      if (at === steps.length - 1) return;
      // Told before it was declared, it counts twice: declared after that it is refused.
      const late = testWriter().inputs(...inputs, openingOf(had, at + 1));
      expect(outcomesOf(late).at(-1)).toBe('quarantined: GOV_COMMAND_REFUSED');
    }),
    { numRuns: 300 },
  );
});

function inBlock(raw: RawInput, block: number): RawInput {
  if (raw.format !== 'movement') return raw;
  return { ...raw, value: { ...raw.value, block_number: block } };
}

/** What there is at the end of a block, declared later: its time is that of the movements. */
function openingOf({ yes, no }: Stock, block: number): RawInput {
  const positions = [leg(YES, yes), leg(NO, no)].filter(isHeld);
  const given = { balance_pusd: '10', positions, block_number: block };
  return command('DECLARE_OPENING_BALANCE', given, { approved_by: 'auditor' });
}

/** Whole shares of a token that are held, under all names. */
function heldIn({ entities }: Written, token: string): number {
  const held = [...entities.values()].flatMap((one) => (one.kind === 'held' ? [one.tokens] : []));
  return Number(held.reduce((sum, tokens) => sum + (tokens.get(token) ?? 0n), 0n) / 1_000_000n);
}

function leg(token: string, shares: number) {
  return { token_id: token, quantity_shares: String(shares) };
}

function isHeld({ quantity_shares: quantity }: { readonly quantity_shares: string }): boolean {
  return quantity !== '0';
}
