/** Movements of a ledger text as events of the log, and ledger lines back into its words. */

import {
  type LedgerEvent,
  type MarketDefined,
  type SettlementReport,
  type TokenLeg,
} from '@polytraders/contracts';
import {
  formatMicros,
  formatPrice,
  parseMicros,
  pusd,
  type PusdMicros,
  shares,
} from '@polytraders/money';
import { type LedgerLine } from '@polytraders/testkit';
import { type LedgerEntry } from './entry.ts';
import { CONDITION } from './events.fixture.ts';
import { type Words } from './golden.fixture.ts';
import {
  cashMoved,
  claimed,
  conversion,
  leg,
  marketDefined,
  marketResolved,
  merge,
  opening,
  redeem,
  split,
  transfer,
} from './movements.fixture.ts';

/** Verbs of movements and markets, with their clauses. */
export const MOVEMENTS = {
  define: ['tokens', 'event', 'questions', 'synthesised'],
  resolve: ['pays'],
  claim: ['by'],
  split: ['amount', 'market', 'legs'],
  merge: ['amount', 'market', 'legs'],
  redeem: ['burn', 'payout', 'market'],
  convert: ['give', 'get', 'cash', 'fee', 'set', 'of'],
  transfer: ['in', 'out', 'basis', 'market'],
  cash: ['kind', 'amount'],
  opening: ['balance', 'lots', 'bot'],
} as const;

/** What a ledger line of a movement says. */
export const POSTING_TAGS = [
  'shares', 'cash', 'before', 'after', 'carried', 'realised', 'unknown', 'unrealised', 'position',
  'codes', 'incomplete', 'effect',
] as const; // prettier-ignore

/** What a report of a settled book says. */
export const SETTLED_TAGS = [
  'shares', 'payout', 'per share', 'realised', 'publication', 'codes', 'retained until',
] as const; // prettier-ignore

/** Which tokens a text's markets have, so that a movement of a market knows its legs. */
export type Markets = Map<string, readonly string[]>;

/** The condition that lists the token, or the one that all others are of. */
export function conditionOf(markets: Markets, token: string): string {
  for (const [condition, tokens] of markets) if (tokens.includes(token)) return condition;
  return CONDITION;
}

/** The event of a line whose verb is one of MOVEMENTS. */
export function movementOf(line: LedgerLine, markets: Markets): LedgerEvent {
  const { subject: name, clauses } = line;
  const said = (tag: string): string => clauses.get(tag) ?? '';
  const market = clauses.get('market') ?? [...markets.keys()][0] ?? CONDITION;
  switch (line.verb as keyof typeof MOVEMENTS) {
    case 'define': {
      const tokens = said('tokens').split(' ');
      markets.set(name, tokens);
      const list = tokens.map((token) => ({ token_id: token, outcome: token }));
      const synthesised = clauses.has('synthesised');
      const neg_risk_market_id = clauses.get('event') ?? null;
      const questions = questionsOf(said('questions'));
      for (const { condition_id: other, yes_token_id: yes, no_token_id: no } of questions)
        if (!markets.has(other)) markets.set(other, [yes, no]);
      const value = marketDefined({
        event_id: `evt_define_${name}`,
        condition_id: name,
        tokens: list,
        synthesised,
        neg_risk_market_id,
        questions,
      });
      return { type: 'MarketDefined', value };
    }
    case 'resolve': {
      const payout_numerators = said('pays').split(' ');
      const value = marketResolved({ condition_id: name, payout_numerators });
      return { type: 'MarketResolved', value };
    }
    case 'claim':
      return { type: 'SettlementJobClaimed', value: claimed(name, said('by')) };
    case 'split':
    case 'merge': {
      const amount = usd(said('amount'));
      const own = (markets.get(market) ?? []).map((token, index) => leg(token, amount, index));
      const legs = clauses.has('legs') ? legsOf(said('legs')) : own;
      const facts = { amount_pusd: amount, condition_id: market, legs };
      return line.verb === 'split'
        ? { type: 'PositionsSplit', value: split(name, facts) }
        : { type: 'PositionsMerged', value: merge(name, facts) };
    }
    case 'redeem': {
      const legs = legsOf(said('burn')).map((one) => ({ ...one, payout_pusd: null }));
      const facts = { condition_id: market, legs, payout_pusd: usd(said('payout')) };
      return { type: 'PositionsRedeemed', value: redeem(name, facts) };
    }
    case 'convert':
      return { type: 'PositionsConverted', value: conversionOf(line) };
    case 'transfer': {
      const direction = clauses.has('in') ? 'IN' : 'OUT';
      const [moved] = legsOf(said('in') + said('out'));
      if (moved === undefined) throw new Error(`${name} moves nothing`);
      const basis = clauses.has('basis') ? usd(said('basis')) : null;
      const { token_id, quantity_shares } = moved;
      const condition_id = conditionOf(markets, token_id);
      const facts = { direction, token_id, quantity_shares, basis_pusd: basis, condition_id };
      return { type: 'TokensTransferred', value: transfer(name, facts as never) };
    }
    case 'cash': {
      const kind = said('kind') as 'DEPOSIT';
      const value = cashMoved(name, { kind, amount_pusd: usd(said('amount')) });
      return { type: 'CashMoved', value };
    }
    case 'opening':
      return { type: 'OpeningBalance', value: openingOf(line, markets) };
  }
}

function conversionOf({ subject, clauses }: LedgerLine): ReturnType<typeof conversion> {
  const out = legsOf(clauses.get('give') ?? '');
  return conversion(subject, {
    legs_out: out,
    legs_in: legsOf(clauses.get('get') ?? ''),
    index_set: clauses.get('set') ?? String(2 ** out.length - 1),
    amount_shares: out[0]?.quantity_shares ?? shares(0n),
    question_count: parseInt(clauses.get('of') ?? '3', 10),
    payout_pusd: usd(clauses.get('cash') ?? '0'),
    fee_bips: parseInt(clauses.get('fee') ?? '0', 10),
  });
}

/** `100 YES for 40 and 50 YES unknown`. */
function openingOf({ subject, clauses }: LedgerLine, markets: Markets): ReturnType<typeof opening> {
  const bot = clauses.get('bot') ?? 'mm';
  const lots = (clauses.get('lots') ?? '').split(' and ').filter((text) => text !== '');
  return opening(subject, {
    balance_pusd: usd(clauses.get('balance') ?? '0'),
    positions: lots.map((text) => {
      const [quantity = '', token = '', , basis] = text.split(' ');
      return {
        trading_bot_id: bot,
        condition_id: conditionOf(markets, token),
        token_id: token,
        quantity_shares: shares(micros(quantity)),
        basis_pusd: basis === undefined ? null : usd(basis),
        acquired_at: null,
      };
    }),
  });
}

/** `a YES_A NO_A and b YES_B NO_B`: condition and tokens of each question, by index. */
function questionsOf(text: string): MarketDefined['questions'] {
  return text
    .split(' and ')
    .filter((part) => part !== '')
    .map((part, question_index) => {
      const [condition_id = '', yes_token_id = '', no_token_id = ''] = part.split(' ');
      return { question_index, condition_id, yes_token_id, no_token_id };
    });
}

/** `100 YES and 60 NO`. */
function legsOf(text: string): readonly TokenLeg[] {
  return text
    .split(' and ')
    .filter((part) => part !== '')
    .map((part) => {
      const [quantity = '', token = ''] = part.split(' ');
      return leg(token, micros(quantity));
    });
}

/** A ledger line of a movement: its kind, bot and token, and what it did. */
export function postingWords(entry: LedgerEntry): Words {
  const subject = `${entry.entry_kind} ${entry.trading_bot_id} ${entry.token_id ?? 'pUSD'}`;
  return {
    verb: entry.quarantined ? 'aside' : 'posting',
    subject,
    says: {
      shares: amount(entry.quantity_shares),
      cash: amount(entry.cash_pusd),
      before: amount(entry.cost_basis_before_pusd),
      after: amount(entry.cost_basis_pusd),
      carried: amount(entry.carried_basis_pusd),
      realised: amount(entry.realised_pnl_pusd),
      unknown: amount(entry.unknown_basis_pusd),
      unrealised: amount(entry.unrealised_pnl_pusd),
      position: amount(entry.position_shares),
      codes: entry.reason_codes.join(' '),
      incomplete: entry.incomplete_reasons.join(' '),
      effect: entry.effect,
    },
  };
}

/** A report of a settled book. */
export function settledWords(report: SettlementReport): Words {
  return {
    verb: 'settled',
    subject: `${report.trading_bot_id ?? ''} ${report.token_id ?? ''}`,
    says: {
      shares: amount(report.settled_shares),
      payout: amount(report.payout_pusd),
      'per share': report.payout_per_share === null ? 'none' : formatPrice(report.payout_per_share),
      realised: amount(report.realised_pnl_pusd),
      publication: report.publication,
      codes: report.reason_codes.join(' '),
      'retained until': report.retained_until ?? 'none',
    },
  };
}

function usd(text: string): PusdMicros {
  return pusd(micros(text));
}

function micros(text: string): bigint {
  const value = parseMicros(text);
  if (typeof value === 'string') throw new Error(`${text}: ${value}`);
  return value;
}

function amount(value: bigint | null): string {
  return value === null ? 'none' : formatMicros(value);
}
