/**
 * Rows of an export that are parts of one movement. A movement is known by its transaction, wallet,
 * type and place (B9), and the venue prints what a transaction did twice at one place as two rows:
 * two merges of one condition, a redemption by token. They are one movement of their sum, as the
 * chain's reader nets them. Equal rows are no parts, they are one row printed again.
 *
 * A conversion is never joined: its place is its questions, which a row does not say.
 */

import { formatMicros, invariant, parseMicros } from '@polytraders/money';
import { sha256 } from '../../identity.ts';
import { type JsonRecord, type JsonText } from '../../raw.ts';
import { type RawMovement } from '../../rows-movements.ts';

export type RowMovement = {
  readonly row: number;
  readonly text: string;
  readonly movement: RawMovement;
};

/** By row: the movement and all the rows that it stands for; null where another row stands. */
export type JoinedRows = ReadonlyMap<number, Omit<RowMovement, 'row'> | null>;

type Group = { readonly parts: Map<string, RowMovement>; readonly rows: number[] };

/**
 * Reads the movements of a file, and once more those that are parts where there are any; keeps two
 * hashes for each until then.
 */
export async function joinedRows(read: () => AsyncIterable<RowMovement>): Promise<JoinedRows> {
  const contents = new Map<string, string>();
  const groups = new Map<string, Group>();
  for await (const { movement } of read()) {
    const key = keyOf(movement);
    if (key === null) continue;
    const content = contentOf(movement);
    const known = contents.get(key);
    if (known === undefined) contents.set(key, content);
    else if (known !== content) groups.set(key, { parts: new Map(), rows: [] });
  }
  contents.clear();
  if (groups.size === 0) return new Map();
  for await (const part of read()) {
    const group = groups.get(keyOf(part.movement) ?? '');
    if (group === undefined) continue;
    group.rows.push(part.row);
    const content = contentOf(part.movement);
    if (!group.parts.has(content)) group.parts.set(content, part);
  }
  return new Map([...groups.values()].flatMap(standing));
}

/** The first row of a group stands for all of them. */
function standing({ parts, rows }: Group): readonly [number, Omit<RowMovement, 'row'> | null][] {
  const all = [...parts.values()];
  const text = all.map((part) => part.text).join('\n');
  const movement = all.map((part) => part.movement).reduce(sumOf);
  return rows.map((row, at) => [row, at === 0 ? { movement, text } : null]);
}

/** Transaction, wallet, type and place; null for what is never joined. */
function keyOf({ type, value }: RawMovement): string | null {
  if (type === 'PositionsConverted' || type === 'TokensTransferred') return null;
  const place = [value['kind'] ?? null, value['condition_id'] ?? null];
  return sha256(JSON.stringify([value['tx_hash'], value['account'], type, place]));
}

function contentOf({ value }: RawMovement): string {
  return sha256(JSON.stringify(value));
}

function sumOf(one: RawMovement, other: RawMovement): RawMovement {
  const amounts = ['amount_pusd', 'payout_pusd'].filter((name) => name in one.value);
  const sums = amounts.map((name) => [name, plus(one.value[name], other.value[name])] as const);
  const legs = 'legs' in one.value ? { legs: legsOf(one.value, other.value) } : {};
  return { ...one, value: { ...one.value, ...Object.fromEntries(sums), ...legs } };
}

/** Legs by token; null, all that is held, where either of the two says no token. */
function legsOf(one: JsonRecord, other: JsonRecord): readonly JsonRecord[] | null {
  const [legs, more] = [one['legs'], other['legs']];
  if (!Array.isArray(legs) || !Array.isArray(more)) return null;
  const byToken = new Map<JsonText, JsonRecord>();
  for (const leg of [...legs, ...more] as readonly JsonRecord[]) {
    const token = leg['token_id'] ?? null;
    const known = byToken.get(token);
    byToken.set(token, known === undefined ? leg : legSum(known, leg));
  }
  const tokenOf = (leg: JsonRecord): string => textIn(leg['token_id']);
  return [...byToken.values()].sort((a, b) => (tokenOf(a) < tokenOf(b) ? -1 : 1));
}

function legSum(one: JsonRecord, other: JsonRecord): JsonRecord {
  const names = ['quantity_shares', 'payout_pusd'];
  const sums = names.map((name) => [name, plus(one[name], other[name])] as const);
  return { ...one, ...Object.fromEntries(sums) };
}

function textIn(value: JsonText | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** Amounts that a row reader has printed. */
function plus(one: JsonText | undefined, other: JsonText | undefined): string {
  const [a, b] = [one, other].map((text) => parseMicros(textIn(text)));
  invariant(
    typeof a === 'bigint' && typeof b === 'bigint',
    'amounts of a movement are decimals; found another text.',
  );
  return formatMicros(a + b);
}
