/**
 * Plays a ledger text through the processor: its fills become events of the log, what came of them
 * is worded back in the same clauses.
 */

import {
  type FillConfirmed,
  type LedgerEvent,
  type SettlementReport,
  TOPICS,
} from '@polytraders/contracts';
import { avgCost, costBasis, EXCHANGE_FEE_CAP, lotsOf, positionShares } from '@polytraders/domain';
import {
  formatMicros,
  formatPrice,
  parseMicros,
  parseRational,
  type PriceE18,
  priceE18,
  priceOfRational,
  pusd,
  rate,
  shares,
} from '@polytraders/money';
import { createDriver, type Driven } from '@polytraders/stream';
import { type LedgerGrammar, type LedgerLine, type LedgerText } from '@polytraders/testkit';
import { type Entity, type Mode } from './entities.ts';
import { type LedgerEntry } from './entry.ts';
import {
  ACCOUNT,
  at,
  fillConfirmed,
  NOON,
  PAPER_ACCOUNT,
  parametersChanged,
} from './events.fixture.ts';
import {
  conditionOf,
  type Markets,
  movementOf,
  MOVEMENTS,
  POSTING_TAGS,
  postingWords,
  SETTLED_TAGS,
  settledWords,
} from './golden-movements.fixture.ts';
import { MARK_AGE_LIMIT, RETAIN_DAYS } from './parameters.ts';
import { CORRECTION_TAGS, correctionWords, reviewOf, REVIEWS } from './review/golden.fixture.ts';
import { processor } from './processor.ts';

const FILL_TAGS = [
  'bot', 'BUY', 'SELL', 'size', 'maker', 'taker', 'side unknown', 'fee', 'no fee', 'builder fee',
  'rebate rate', 'mark', 'marks', 'event', 'paper', 'no condition',
] as const; // prettier-ignore
const EVENTS = {
  ...MOVEMENTS,
  fill: FILL_TAGS,
  parameters: ['mode', 'mark age limit', 'exchange fee cap', 'retain days'],
  ...REVIEWS,
};

export const grammar: LedgerGrammar = {
  given: EVENTS,
  apply: { ...EVENTS, again: FILL_TAGS },
  emitted: {
    report: [
      'realised', 'unrealised', 'gross fee', 'rebate', 'net fee', 'position', 'avg cost',
      'mark age', 'mark', 'mark kind', 'event price', 'mark sum', 'codes', 'incomplete',
      'publication', 'retained until',
    ], // prettier-ignore
    quarantined: ['because', 'position', 'incomplete'],
    posting: POSTING_TAGS,
    aside: POSTING_TAGS,
    settled: SETTLED_TAGS,
    correction: CORRECTION_TAGS,
    doubt: [],
    ignored: [],
    booked: ['realised'],
    duplicate: [],
    conflict: [],
  },
  after: {
    position: [
      'shares', 'basis', 'avg cost', 'realised', 'unrealised', 'net fees', 'incomplete', 'mark',
      'mark age', 'stale', 'event price',
    ], // prettier-ignore
    lot: ['shares', 'basis', 'from'],
    wallet: ['shares', 'oversold'],
  },
};

export type Words = { readonly verb: string; readonly subject: string; readonly says: Says };
type Says = Readonly<Record<string, string>>;

/** Applies #given and #apply, and words what #apply emitted and what is after it. */
export function play(text: LedgerText): {
  readonly emitted: readonly Words[];
  readonly after: readonly Words[];
} {
  const fills = new Map<string, LedgerLine>();
  const markets: Markets = new Map();
  const driver = createDriver(processor);
  const given = text.given.map((line, index) => at(...eventOf(line, fills, markets, index)));
  const apply = text.apply.map((line, index) =>
    at(...eventOf(line, fills, markets, given.length + index)),
  );
  driver.drive(given);
  const emitted = apply.flatMap((input, index) => {
    const line = text.apply[index];
    return line === undefined ? [] : emittedWords(driver.drive([input]), line);
  });
  return { emitted, after: afterWords(driver.drive([]).entities) };
}

function eventOf(
  line: LedgerLine,
  fills: Map<string, LedgerLine>,
  markets: Markets,
  offset: number,
): [LedgerEvent, number, string] {
  if (line.verb in MOVEMENTS) return [movementOf(line, markets), offset, ACCOUNT];
  if (line.verb in REVIEWS) {
    const fill = fillOf(line.subject, fills.get(line.subject)?.clauses ?? new Map(), markets);
    return [reviewOf(line, fill), offset, fill.account];
  }
  if (line.verb === 'parameters') {
    if (line.subject !== '')
      throw new Error(`Line ${String(line.at)}: a comma follows parameters.`);
    const value = parametersChanged(
      (line.clauses.get('mode') ?? 'general_live') as Mode,
      settingsOf(line),
    );
    return [{ type: 'ParametersChanged', value }, offset, ACCOUNT];
  }
  const first = fills.get(line.subject);
  const clauses = new Map([...(first?.clauses ?? []), ...line.clauses]);
  fills.set(line.subject, { ...line, clauses });
  const value = fillOf(line.subject, clauses, markets);
  return [{ type: 'FillConfirmed', value }, offset, value.account];
}

function settingsOf(line: LedgerLine): Record<string, string> {
  const settings: Record<string, string> = {};
  const age = line.clauses.get('mark age limit');
  const cap = line.clauses.get('exchange fee cap');
  const days = line.clauses.get('retain days');
  if (age !== undefined) settings[MARK_AGE_LIMIT] = `${seconds(age)}000`;
  if (days !== undefined) settings[RETAIN_DAYS] = days;
  if (cap !== undefined) settings[EXCHANGE_FEE_CAP] = cap.replace(' bps', '');
  return settings;
}

/** `BUY 100 YES at 0.50` is quantity, token and price; `size` is the cash, else their product. */
function fillOf(
  fillId: string,
  clauses: ReadonlyMap<string, string>,
  markets: Markets,
): FillConfirmed {
  const buy = clauses.get('BUY');
  const [quantity = '', token = '', , price = ''] = (buy ?? clauses.get('SELL') ?? '').split(' ');
  const exact = parseRational(price);
  if (typeof exact === 'string') throw new Error(`${fillId}: ${price} is ${exact}`);
  const count = micros(quantity);
  const size = clauses.get('size');
  const fee = clauses.get('fee') ?? '';
  const builderFee = clauses.get('builder fee');
  const rebateRate = clauses.get('rebate rate');
  const paper = clauses.has('paper');
  return fillConfirmed({
    fill_id: fillId,
    account: paper ? PAPER_ACCOUNT : ACCOUNT,
    paper,
    trading_bot_id: clauses.get('bot') ?? 'mm',
    token_id: token,
    condition_id: clauses.has('no condition') ? null : conditionOf(markets, token),
    side: clauses.has('side unknown') ? null : clauses.has('maker') ? 'maker' : 'taker',
    order_side: buy === undefined ? 'SELL' : 'BUY',
    quantity_shares: shares(count),
    size_pusd: pusd(
      size === undefined ? (count * exact.numerator) / exact.denominator : micros(size),
    ),
    price: priceOfRational(exact),
    fee_source: fee === '' ? null : fee.endsWith('bps') ? 'MATCH_EVENT' : 'CHAIN',
    fee_bps: fee.endsWith(' bps') ? parseInt(fee, 10) : null,
    fee_pusd: fee.endsWith(' pUSD') ? pusd(micros(fee.replace(' pUSD', ''))) : null,
    builder_fee_pusd: builderFee === undefined ? null : pusd(micros(builderFee)),
    rebate_rate: rebateRate === undefined ? null : rate(micros(rebateRate)),
    ...eventOfFill(clauses.get('event')),
    marks: [...marksOf(token, clauses.get('mark')), ...marksOfAll(clauses.get('marks'))],
  });
}

/** `event e1`, or `event unknown`: a neg-risk fill of an event that nobody has named. */
function eventOfFill(said: string | undefined): Partial<FillConfirmed> {
  if (said === undefined) return {};
  const neg_risk_market_id = said === 'unknown' ? null : said;
  return { neg_risk: true, neg_risk_source: 'DERIVED', neg_risk_given: true, neg_risk_market_id };
}

/** `YES_A 0.42 and YES_B 0.37 aged 90 s`. */
function marksOfAll(said: string | undefined): FillConfirmed['marks'] {
  return (said ?? '')
    .split(' and ')
    .filter((part) => part !== '')
    .flatMap((part) => marksOf(part.split(' ')[0] ?? '', part.slice(part.indexOf(' ') + 1)));
}

/** `0.66`, or `0.66 aged 90 s`. */
function marksOf(token: string, said: string | undefined): FillConfirmed['marks'] {
  if (said === undefined) return [];
  const [price = '', age] = said.split(' aged ');
  const observedAt = NOON - (age === undefined ? 0 : parseInt(seconds(age), 10) * 1_000_000);
  const e18 = micros(price) * 10n ** 12n;
  return [{ token_id: token, price: priceE18(e18), kind: 'MID', observed_at: observedAt }];
}

/** What one event left: its lines and reports, or that it left none. */
function emittedWords(
  { outcomes, entries, emitted }: Driven<Entity, LedgerEntry>,
  { verb, subject }: LedgerLine,
): readonly Words[] {
  const [{ outcome, because } = { outcome: 'ignored', because: '' }] = outcomes;
  if (verb === 'parameters') return [];
  if (outcome === 'duplicate' || outcome === 'conflict')
    return [{ verb: outcome, subject, says: {} }];
  const reports = emitted
    .filter(({ topic }) => topic === TOPICS.settlementReports.name)
    .map(({ record }) => record.value as SettlementReport);
  if (verb in MOVEMENTS) {
    const doubt = outcome === 'quarantined' ? [{ verb: 'doubt', subject: because, says: {} }] : [];
    const known = outcome === 'ignored' ? [{ verb: 'ignored', subject: because, says: {} }] : [];
    return [...doubt, ...known, ...entries.map(postingWords), ...reports.map(settledWords)];
  }
  const [report] = reports;
  if (verb in REVIEWS && outcome === 'applied')
    return [
      ...entries.map(postingWords),
      ...reports.map((one) =>
        one.event_type === 'CORRECTION'
          ? correctionWords(one)
          : { verb: 'report', subject: one.fill_id ?? '', says: reportWords(one) },
      ),
    ];
  const [entry] = entries;
  if (verb in REVIEWS) return [{ verb: 'doubt', subject: because, says: {} }];
  if (entry === undefined) return [];
  if (outcome === 'quarantined') return [quarantinedWords(entry, because)];
  if (report !== undefined) return [{ verb: 'report', subject, says: reportWords(report) }];
  const says = { realised: formatMicros(entry.realised_pnl_pusd ?? 0n) };
  return [{ verb: 'booked', subject, says }];
}

function quarantinedWords(entry: LedgerEntry, because: string): Words {
  const says = {
    because,
    position: formatMicros(entry.position_shares),
    incomplete: entry.incomplete_reasons.join(' '),
  };
  return { verb: 'quarantined', subject: entry.fill_id ?? '', says };
}

function reportWords(report: SettlementReport): Says {
  return {
    realised: amount(report.realised_pnl_pusd),
    unrealised: amount(report.unrealised_pnl_pusd),
    'gross fee': amount(report.gross_fee_pusd),
    rebate: amount(report.maker_rebate_pusd),
    'net fee': amount(report.net_fee_pusd),
    position: amount(report.position_shares),
    'avg cost': amount(report.avg_cost),
    'mark age': report.mark_age_ms === null ? 'none' : `${String(report.mark_age_ms)} ms`,
    mark: price(report.mark_price),
    'mark kind': report.mark_kind ?? 'none',
    'event price': price(report.negRisk_price),
    'mark sum': amount(report.negRisk_mark_sum),
    codes: report.reason_codes.join(' '),
    incomplete: report.incomplete_reasons.join(' '),
    publication: report.publication,
    'retained until': report.retained_until ?? 'none',
  };
}

function afterWords(entities: ReadonlyMap<string, Entity>): readonly Words[] {
  return [...entities].flatMap(([key, entity]): readonly Words[] => {
    if (entity.kind !== 'holding') return [];
    const token = key.slice(key.lastIndexOf('|') + 1);
    const oversold = entity.oversoldAt === null ? 'no' : 'yes';
    const wallet = {
      verb: 'wallet',
      subject: token,
      says: { shares: formatMicros(entity.shares), oversold },
    };
    const books = entity.books.flatMap((book): readonly Words[] => {
      const subject = `${book.bot} ${token}`;
      const says = {
        shares: formatMicros(positionShares(book.position)),
        basis: formatMicros(costBasis(book.position)),
        'avg cost': amount(avgCost(book.position)),
        realised: formatMicros(book.position.realised),
        unrealised: amount(book.unrealised),
        'net fees': formatMicros(book.netFees),
        incomplete: book.incomplete.join(' '),
        mark: price(book.markPrice),
        'mark age': book.markAgeMs === null ? 'none' : `${String(book.markAgeMs)} ms`,
        stale: book.markStale ? 'yes' : 'no',
        'event price': price(book.negRiskPrice),
      };
      const lots = lotsOf(book.position.lots).map((lot) => ({
        verb: 'lot',
        subject,
        says: {
          shares: formatMicros(lot.quantity),
          basis: lot.basis === null ? 'unknown' : formatMicros(lot.basis),
          from: lot.fillId,
        },
      }));
      return [{ verb: 'position', subject, says }, ...lots];
    });
    return [wallet, ...books];
  });
}

function micros(text: string): bigint {
  const value = parseMicros(text);
  if (typeof value === 'string') throw new Error(`${text}: ${value}`);
  return value;
}

function amount(value: bigint | null): string {
  return value === null ? 'none' : formatMicros(value);
}

function price(value: PriceE18 | null): string {
  return value === null ? 'none' : formatPrice(value);
}

function seconds(text: string): string {
  return text.replace(/ s$/, '');
}
