/**
 * A movement as its reader tells it (raw.ts) to a draft: the JSON form of the record, read by its
 * schema, with what the source does not know left open. Pure; it looks nothing up.
 */

import { ContractError, fromJson, type Records } from '@polytraders/contracts';
import { isRefusal } from './amounts.ts';
import { time, withinAmounts } from './door.ts';
import {
  type MovementDraft,
  type MovementValue,
  type OpenName,
  type Refusal,
  refuse,
  type TokenLeg,
} from './draft.ts';
import { quoted } from './quoted.ts';
import { type JsonRecord, type MovementType, type RawInput } from './raw.ts';

type RawMovement = Extract<RawInput, { readonly format: 'movement' }>;

/** What a source may leave open, with what stands in while the rest is read. */
const OPEN: Readonly<
  Record<MovementType, Readonly<Partial<Record<OpenName, JsonRecord[string]>>>>
> = {
  PositionsSplit: { legs: [] },
  PositionsMerged: { legs: [] },
  PositionsRedeemed: { legs: [] },
  PositionsConverted: {
    index_set: '0',
    fee_bips: 0,
    question_count: 0,
    legs_out: [],
    legs_in: [],
  },
  TokensTransferred: {},
  CashMoved: {},
};

/** Members that the writer adds: a source that says them is not of this ledger's readers. */
const EPOCH = '1970-01-01T00:00:00Z';
const ADDED = {
  event_id: '',
  correlation_id: '',
  causation_id: null,
  producer: '',
  effective_at: EPOCH,
  recorded_at: EPOCH,
  source: 'chain',
  source_position: '',
};

/** The movement, or why it cannot be used. */
export function movementOf(raw: RawMovement): MovementDraft | Refusal {
  const { type, source, effectiveAt } = raw;
  if (effectiveAt === null) {
    return refuse('INCOMPLETE_INPUT', `Expected the time of a ${type}; found none.`);
  }
  const untimely = time(effectiveAt);
  if (untimely !== null) {
    const because = `Expected the time of a ${type} ${untimely.expected}; found ${untimely.found}.`;
    return refuse('INVALID_INPUT', because);
  }
  const read = valueOf(raw);
  if (isRefusal(read)) return read;
  const odd = oddIn(read) ?? withinAmounts(read.value, type);
  if (odd !== null) return refuse('INVALID_INPUT', odd);
  return { kind: 'movement', source, account: read.value.account, effectiveAt, ...read };
}

function valueOf({ type, value }: RawMovement): MovementValue | Refusal {
  const open = Object.entries(OPEN[type]).filter(([name]) => (value[name] ?? null) === null);
  const added = type === 'CashMoved' ? ADDED : { ...ADDED, job_id: null };
  const names = Object.keys(added).filter((name) => name in value);
  if (names.length > 0) {
    const because = `Expected a ${type} without ${names.join(', ')}, which the ledger adds`;
    return refuse('INVALID_INPUT', `${because}; found it.`);
  }
  try {
    const whole = fromJson(type, { ...value, ...added, ...Object.fromEntries(open) });
    const said = Object.entries(whole).filter(([name]) => !(name in added));
    const left = open.map(([name]) => [name, null] as const);
    const cased = said.map(([name, one]) => [name, lowered(name, one)] as const);
    const told: unknown = { type, value: Object.fromEntries([...cased, ...left]) };
    return told as MovementValue;
  } catch (cause) {
    if (!(cause instanceof ContractError)) throw cause;
    return refuse('INVALID_INPUT', cause.message);
  }
}

/** Hashes and addresses in the one way to write each; ids that an import made stay as they are. */
function lowered(name: string, value: unknown): unknown {
  const isHex = typeof value === 'string' && /^0x/i.test(value);
  return isHex && name !== 'basis_declared_by' ? value.toLowerCase() : value;
}

const ADDRESS = /^0x[0-9a-f]{40}$/;
const BYTES32 = /^0x[0-9a-f]{64}$/;
const CONDITION = /^(0x[0-9a-f]{64}|file:[0-9a-f]{40})$/;
const TOKEN = /^((0|[1-9]\d{0,77})|file:[0-9a-f]{40}:.{1,400})$/s;
const INDEX_SET = /^[1-9]\d{0,77}$/;

const FORMS: readonly (readonly [name: string, form: RegExp, expected: string])[] = [
  ['account', ADDRESS, 'as 0x and 40 hex digits'],
  ['counterparty', ADDRESS, 'as 0x and 40 hex digits'],
  ['tx_hash', BYTES32, 'as 0x and 64 hex digits'],
  ['condition_id', CONDITION, 'as 0x and 64 hex digits'],
  ['neg_risk_market_id', BYTES32, 'as 0x and 64 hex digits'],
  ['token_id', TOKEN, 'in decimal digits without leading zeros'],
  ['index_set', INDEX_SET, 'in decimal digits, above 0'],
];

/** What cannot be, as a sentence; null where all is as it may be. */
function oddIn(movement: MovementValue): string | null {
  const { type, value } = movement;
  const fields = value as unknown as Readonly<Record<string, unknown>>;
  if (value.tx_hash === null) {
    return `Expected tx_hash on a ${type}, which is known by its transaction; found none.`;
  }
  for (const [name, form, expected] of FORMS) {
    const found = fields[name];
    if (typeof found !== 'string' || form.test(found)) continue;
    return `Expected ${name} of a ${type} ${expected}; found ${quoted(found)}.`;
  }
  return oddAmountIn(movement) ?? oddLegsIn(movement);
}

function oddAmountIn({ type, value }: MovementValue): string | null {
  const above = (name: string, amount: bigint): string | null =>
    amount > 0n ? null : `Expected ${name} of a ${type} above 0; found ${String(amount)} micros.`;
  const least = (name: string, amount: bigint): string | null =>
    amount >= 0n ? null : `Expected ${name} of a ${type} of 0 or more; found less.`;
  switch (type) {
    case 'PositionsSplit':
    case 'PositionsMerged':
      return above('amount_pusd', value.amount_pusd);
    case 'PositionsRedeemed':
      return least('payout_pusd', value.payout_pusd);
    case 'PositionsConverted':
      return (
        above('amount_shares', value.amount_shares) ??
        least('payout_pusd', value.payout_pusd) ??
        oddFee(value.fee_bips)
      );
    case 'TokensTransferred':
      return above('quantity_shares', value.quantity_shares) ?? oddBasis(value);
    case 'CashMoved':
      return oddCash(value.kind, value.amount_pusd);
  }
}

/** The adapter takes no more than everything. */
function oddFee(bips: number | null): string | null {
  if (bips === null || bips <= 10_000) return null;
  return `Expected fee_bips of at most 10000; found ${String(bips)}.`;
}

function oddBasis(value: Pick<Records['TokensTransferred'], 'basis_pusd'>): string | null {
  const { basis_pusd: basis } = value;
  return basis === null || basis >= 0n ? null : 'Expected basis_pusd of 0 or more; found less.';
}

/** Only a withdrawal and a tip that was given leave the wallet. */
function oddCash(kind: string, amount: bigint): string | null {
  if (amount === 0n) return `Expected amount_pusd of a ${kind} other than 0; found 0.`;
  if (kind === 'TIP') return null;
  const goes = kind === 'WITHDRAWAL';
  if (goes === amount < 0n) return null;
  return `Expected amount_pusd of a ${kind} ${goes ? 'below' : 'above'} 0; found the opposite.`;
}

/** A token twice in one list of legs would be two amounts of one thing. */
function oddLegsIn({ type, value }: MovementValue): string | null {
  for (const name of ['legs', 'legs_out', 'legs_in'] as const) {
    const legs = (value as unknown as Readonly<Record<string, readonly TokenLeg[] | null>>)[name];
    const tokens = new Set<string>();
    for (const { token_id: token, quantity_shares: quantity } of legs ?? []) {
      if (!TOKEN.test(token)) return `Expected ${name} of tokens; found ${quoted(token)}.`;
      if (tokens.has(token)) return `Expected each token of ${name} once; found ${token} twice.`;
      if (quantity <= 0n) return `Expected shares of ${name} of a ${type} above 0; found less.`;
      tokens.add(token);
    }
  }
  return null;
}
