/**
 * The words of ```numbers lines, `question = answer`, each put to the function that the books use.
 * A capital letter in a pattern's place is an amount. Adding a word: one line in `words`.
 */

import { createHash } from 'node:crypto';
import {
  activityFillId,
  cashOfFill,
  chainFillId,
  compareAcrossSources,
  compareWithinSource,
  completeAmounts,
  dateOfTime,
  feeCapBreach,
  feeFromBps,
  type FillContent,
  fileRowFillId,
  type FillStatus,
  grossFee,
  isOrderHash,
  judgeStatus,
  type Liquidity,
  makerRebate,
  MARK_AGE_MS_MAX,
  platformFee,
  platformFeeOddity,
  readMark,
  refuseAmounts,
  type ReportWindow,
  retainedUntil,
  venueFee,
  venueFillId,
  windowAt,
  windowInForce,
  withinOneTick,
} from '@polytraders/domain';
import {
  allocateLargestRemainder,
  divideCeil,
  divideFloor,
  divideHalfEven,
  divideTruncate,
  formatMicros,
  formatPrice,
  parseMicros,
  priceE18,
  priceOfRational,
  rate,
} from '@polytraders/money';
import { conversionOf } from './conversions.ts';
import { exactPusd, exactRational, exactShares, tick } from './exact.ts';
import { inventoryWords } from './inventory-numbers.ts';
import { operationsWords } from './operations-numbers.ts';
import {
  canonicalOf,
  effectOf,
  eventPlans,
  layersOf,
  mergeAfter,
  payoffsOf,
  plainPlans,
  valueOf,
} from './plans.ts';
import { reportsOf } from './reports.ts';
import { windowWords } from './window-numbers.ts';

type Words = { readonly pattern: RegExp; readonly answer: (...values: string[]) => string };

/** The answer of the code, or what is not understood. */
export function answerOf(question: string): string {
  for (const { pattern, answer } of words) {
    const match = pattern.exec(question);
    if (match !== null) return answer(...match.slice(1).map((value) => value));
  }
  return 'a question that no word of test/docs/numbers.ts knows';
}

/** `A` stands for an amount, `S` for maker, taker or an unknown side; the rest is as written. */
function word(form: string, answer: (...values: string[]) => string): Words {
  const source = form
    .replaceAll(/\bA\b/g, '(-?[\\d.e-]+)')
    .replaceAll(/\bS\b/g, '(maker|taker|unknown side)')
    .replaceAll(/\bW\b/g, '(\\S+)');
  return { pattern: new RegExp(`^${source}$`), answer };
}

const amounts: readonly Words[] = [
  word('micros of A', (text) => {
    const micros = parseMicros(text);
    return typeof micros === 'string' ? micros : formatMicros(micros);
  }),
  word('quantity of A pUSD at A', (size, price) => quantityOf(size, price)),
  word('notional of A shares at A', (quantity, price) => {
    const found = completed({ quantity, price });
    return found === null ? 'unknown' : formatMicros(found.notional);
  }),
  word('price of A pUSD for A shares', (size, quantity) => {
    const found = completed({ quantity, size });
    return found === null ? 'unknown' : formatPrice(found.priceE18);
  }),
  word('stored price of A', (price) => formatPrice(priceOfRational(exactRational(price)))),
  word('A pUSD, A shares, price A', (size, quantity, price) => {
    const found = completed({ size, quantity, price });
    if (found === null) return 'unknown';
    const kept = `${formatMicros(found.notional)} at ${formatPrice(found.priceE18)}`;
    return found.disagree ? `${kept}, flagged` : kept;
  }),
  word('A shares at A on the bus', (quantity, price) => {
    const found = completed({ quantity, price });
    return found === null ? 'unknown' : (refuseAmounts(found) ?? 'accepted');
  }),
];

const roundings: readonly Words[] = [
  word('floor of A / A', (a, b) => divideFloor(BigInt(a), BigInt(b)).toString()),
  word('ceil of A / A', (a, b) => divideCeil(BigInt(a), BigInt(b)).toString()),
  word('truncate of A / A', (a, b) => divideTruncate(BigInt(a), BigInt(b)).toString()),
  word('half-even of A / A', (a, b) => divideHalfEven(BigInt(a), BigInt(b)).toString()),
  {
    pattern: /^share (-?\d+) by ([\d, ]+)$/,
    answer: (total = '', weights = '') =>
      allocateLargestRemainder(BigInt(total), weights.split(',').map(BigInt)).join(', '),
  },
];

const fees: readonly Words[] = [
  word('fee of A at A bps', (size, bps) => formatMicros(feeFromBps(exactPusd(size), whole(bps)))),
  word('gross fee of A with fee A and A bps', (size, fee, bps) => gross(size, fee, bps)),
  word('gross fee of A with A bps and no fee', (size, bps) => gross(size, null, bps)),
  word('gross fee of A with neither', (size) => gross(size, null, null)),
  word('cap for S at A bps on A', (side, bps, size) => cap(side, size, { bps })),
  word('cap for S with builder fee A on A', (side, builder, size) => cap(side, size, { builder })),
  word('cap for S with whole fee A on A', (side, fee, size) => cap(side, size, { fee })),
  word('venue fee for S on A shares for A at rate A', (side, quantity, size, feeRate) =>
    formatMicros(
      venueFee(liquidity(side) ?? 'taker', exactShares(quantity), exactPusd(size), rateOf(feeRate)),
    ),
  ),
  word(
    'platform part of fee A with builder fee A where the venue says A',
    (fee, builder, expected) => {
      const platform = platformFee(exactPusd(fee), exactPusd(builder));
      const odd = platformFeeOddity(platform, exactPusd(expected));
      return odd === null ? formatMicros(platform) : `${formatMicros(platform)}, ${odd}`;
    },
  ),
  word('cash of BUY A with fee A', (size, fee) =>
    formatMicros(cashOfFill('BUY', exactPusd(size), exactPusd(fee))),
  ),
  word('cash of SELL A with fee A', (size, fee) =>
    formatMicros(cashOfFill('SELL', exactPusd(size), exactPusd(fee))),
  ),
  word('rebate for S on fee A at rate A', (side, fee, share) => rebateOf(side, fee, share)),
  word('rebate for S on fee A at no rate', (side, fee) => rebateOf(side, fee, null)),
];

const identities: readonly Words[] = [
  word(
    '(MATCHED|MINED|CONFIRMED|FAILED) after (nothing|MATCHED|MINED|CONFIRMED|FAILED)',
    (arriving, current) =>
      judgeStatus(current === 'nothing' ? null : status(current), status(arriving)),
  ),
  word('chain id of W and W', (txHash, orderHash) => chainFillId(txHash, orderHash)),
  word('venue id of trade W', (trade) => venueFillId(trade, null)),
  word('venue id of trade W, maker order W', (trade, order) => venueFillId(trade, order)),
  word('file row id of W, row A', (file, row) => fileRowFillId(file, whole(row))),
  word(
    'activity id of tx W wallet W asset W W W at W time W',
    (txHash, wallet, asset, side, size, price, timestamp) =>
      activityFillId({ txHash, wallet, asset, side, size, price, timestamp }, sha256),
  ),
  word('one source, same id, other (\\w+)', (field) => compareWithinSource(fill, other(field))),
  word('two sources, other (\\w+)', (field) => {
    const differences = compareAcrossSources(fill, other(field), tick);
    return differences.length === 0 ? 'match' : `differ in ${differences.join(', ')}`;
  }),
  word('notionals A and A on A shares', (a, b, quantity) =>
    withinOneTick(exactPusd(a), exactPusd(b), exactShares(quantity), tick) ? 'match' : 'differ',
  ),
  word('order hash W', (text) => (isOrderHash(text) ? 'yes' : 'no')),
];

const times: readonly Words[] = [
  word('mark aged A ms', (age) => {
    const at = whole(age) * 1000;
    return readMark(priceE18(1n), 0, at, MARK_AGE_MS_MAX).stale ? 'used, STALE_DATA' : 'used';
  }),
  word('mark of unknown age', () =>
    readMark(priceE18(1n), null, 0, MARK_AGE_MS_MAX).stale ? 'used, STALE_DATA' : 'used',
  ),
  word('daily window of W', (moment) => daysOfWindow(windowAt('daily', microsOf(moment)))),
  word('weekly window of W', (moment) => daysOfWindow(windowAt('weekly', microsOf(moment)))),
  word('window of W where weekly was told at W', (date, told) => {
    const kinds = [
      { kind: 'daily', at: 0 },
      { kind: 'weekly', at: microsOf(told) },
    ] as const;
    const window = windowInForce(kinds, microsOf(date));
    return `${window.kind} ${daysOfWindow(window)}`;
  }),
  word('kept from W', (date) => retainedUntil(date)),
  word('kept from W with A days', (date, days) => retainedUntil(date, whole(days))),
  { pattern: /^reports of (.+)$/, answer: (events = '') => reportsOf(events) },
];

const conversions: readonly Words[] = [
  {
    pattern: /^(\S+) of each NO for (\S+) pUSD, held of ([\d ]+)$/,
    answer: (amount = '', cash = '', held = '') => conversionOf(amount, cash, held),
  },
];

const HELD = '((?:[\\d.]+/[\\d.]+ ?)+?)';
const planned = (form: string): RegExp => new RegExp(`^${form.replaceAll('H', HELD)}$`);

const plans: readonly Words[] = [
  { pattern: planned('event H pays'), answer: (held = '') => payoffsOf(held) },
  { pattern: planned('event H in cash and YES'), answer: (held = '') => canonicalOf(held) },
  { pattern: planned('event H converts'), answer: (held = '') => layersOf(held) },
  {
    pattern: planned('event H at marks ([\\d. ]+)'),
    answer: (held = '', marks = '') => valueOf(held, marks),
  },
  {
    pattern: /^NO of ([\d ]+) among (\d+) by ([\d.]+) at (\d+) bips$/,
    answer: (questions = '', count = '', amount = '', bips = '') =>
      effectOf(questions, count, amount, bips),
  },
  {
    pattern: planned('plan of H(?: resolved ([\\d ]+))?'),
    answer: (held = '', numerators) => plainPlans(held, numerators),
  },
  {
    pattern: planned('plan of event H(?: at (\\d+) bips)?'),
    answer: (held = '', bips) => eventPlans(held, bips),
  },
  word('queued merge of A, then A pairs', (was, is) => mergeAfter(was, is)),
];

const words: readonly Words[] = [
  ...plans,
  ...amounts,
  ...roundings,
  ...fees,
  ...identities,
  ...times,
  ...conversions,
  ...inventoryWords.map(({ form, answer }) => word(form, answer)),
  ...operationsWords,
  ...windowWords,
];

type Texts = { readonly quantity?: string; readonly size?: string; readonly price?: string };

function completed(given: Texts): ReturnType<typeof completeAmounts> {
  return completeAmounts(
    {
      quantity: given.quantity === undefined ? null : exactShares(given.quantity),
      notional: given.size === undefined ? null : exactPusd(given.size),
      price: given.price === undefined ? null : exactRational(given.price),
    },
    tick,
  );
}

function quantityOf(size: string, price: string): string {
  const found = completed({ size, price });
  return found === null ? 'unknown' : formatMicros(found.quantity);
}

function gross(size: string, fee: string | null, bps: string | null): string {
  const found = grossFee({
    side: 'taker',
    notional: exactPusd(size),
    feePusd: fee === null ? null : exactPusd(fee),
    feeBps: bps === null ? null : whole(bps),
    builderFee: null,
  });
  return found === null ? 'missing' : formatMicros(found);
}

type Fee = { readonly bps?: string; readonly builder?: string; readonly fee?: string };

function cap(side: string, size: string, { bps, builder, fee }: Fee): string {
  const exchangeBpsMax = 500;
  const breach = feeCapBreach(
    {
      side: liquidity(side),
      notional: exactPusd(size),
      feePusd: fee === undefined ? null : exactPusd(fee),
      feeBps: bps === undefined ? null : whole(bps),
      builderFee: builder === undefined ? null : exactPusd(builder),
    },
    exchangeBpsMax,
  );
  return breach ?? 'within';
}

function rebateOf(side: string, fee: string, share: string | null): string {
  const found = makerRebate(liquidity(side), exactPusd(fee), share === null ? null : rateOf(share));
  const rebate = found.rebate === null ? 'unknown' : formatMicros(found.rebate);
  const text = `${rebate}, net ${formatMicros(found.net)}`;
  return found.flag === null ? text : `${text}, ${found.flag}`;
}

function liquidity(side: string): Liquidity | null {
  return side === 'maker' || side === 'taker' ? side : null;
}

function status(text: string): FillStatus {
  return text as FillStatus;
}

function rateOf(text: string): ReturnType<typeof rate> {
  return rate(exactPusd(text));
}

/** A count (days, basis points, milliseconds), not an amount. */
function whole(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new Error(`Expected a whole number; found ${text}.`);
  return value;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

const fill: FillContent = {
  account: '0xa',
  orderId: 'ord_1',
  tokenId: '123',
  orderSide: 'BUY',
  quantity: exactShares('100'),
  notional: exactPusd('50'),
  fee: null,
  coordinates: { txHash: null, orderHash: null, logIndex: null, blockNumber: null },
};

/** The same fill with one thing changed. A fee is no change: only one side has it. */
function other(field: string): FillContent {
  const changes: Readonly<Record<string, Partial<FillContent>>> = {
    account: { account: '0xb' },
    token: { tokenId: '124' },
    side: { orderSide: 'SELL' },
    quantity: { quantity: exactShares('99') },
    notional: { notional: exactPusd('51.000001') },
    order: { orderId: 'ord_2' },
    fee: { fee: exactPusd('1') },
    nothing: {},
  };
  const change = changes[field];
  if (change === undefined) throw new Error(`Expected a field of a fill; found ${field}.`);
  return { ...fill, ...change };
}

function microsOf(text = ''): number {
  const [whole = '', fraction = ''] = text.replace(/Z$/, '').split('.');
  const seconds = Date.parse(whole.length === 10 ? `${whole}T00:00:00Z` : `${whole}Z`) / 1000;
  return seconds * 1_000_000 + Number(fraction.padEnd(6, '0'));
}

function daysOfWindow({ start, end }: ReportWindow): string {
  return `${dateOfTime(start)} to ${dateOfTime(end)}`;
}
