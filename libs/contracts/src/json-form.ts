/**
 * The JSON form of records, as files, CLI and API show them: the same field names, amounts as
 * decimal strings, times as ISO-8601 UTC, bytes in base64. No amount ever passes through `number`:
 * whoever parses JSON text must do so without loss (strings or bigints for amounts).
 */

import { divideHalfEven, formatDecimal, parseDecimal, parseMicros } from '@polytraders/money';

import { ContractError } from './avro/error.ts';
import { type FieldShape, parseSchema, type RecordShape, type Shape } from './avro/schema.ts';
import { type Records, type RecordType } from './generated/records.ts';
import { SCHEMAS } from './generated/schemas.ts';

export type JsonValue =
  string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

type Loose = Readonly<Record<string, unknown>>;

const shapes = new Map<RecordType, RecordShape>();
const ISO_TIME = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d+))?(Z|[+-]\d{2}:\d{2})$/;
const ISO_DATE = /^\d{4}-\d{2}-\d{2}$/;
const MICROS_PER_MS = 1_000;
const PRICE_SCALE = 18;

/** The shape of a record of ours, parsed once. */
export function shapeOfRecord(type: RecordType): RecordShape {
  const known = shapes.get(type);
  if (known !== undefined) return known;
  const shape = parseSchema(SCHEMAS[type]);
  shapes.set(type, shape);
  return shape;
}

/** A record in its JSON form. */
export function toJson<Type extends RecordType>(
  type: Type,
  value: Records[Type],
): { readonly [key: string]: JsonValue } {
  return recordToJson(shapeOfRecord(type), value);
}

/**
 * A record from its JSON form. Fields that are absent take their default. Throws `NOT_ALLOWED`,
 * with the path of the field, for anything else that is missing, unknown or of another kind. A
 * decimal is a string, or a bigint of whole units (`500n` is five hundred); six decimals by rule
 * M1, prices half-even at 18.
 */
export function fromJson<Type extends RecordType>(type: Type, json: unknown): Records[Type] {
  return recordFromJson(shapeOfRecord(type), json, type) as Records[Type];
}

/** 1746792060000000 → 2025-05-09T12:01:00Z; micros are shown when there are any. */
export function isoTime(micros: number): string {
  const inSecond = ((micros % 1_000_000) + 1_000_000) % 1_000_000;
  // tidy-ok: the time is the record's own, no clock is read.
  const seconds = new Date((micros - inSecond) / MICROS_PER_MS).toISOString().slice(0, 19);
  return inSecond === 0 ? `${seconds}Z` : `${seconds}.${String(inSecond).padStart(6, '0')}Z`;
}

/** Microseconds since 1970 of an ISO-8601 time with a zone, or null when the text is none. */
export function timeOfIso(text: string): number | null {
  const match = ISO_TIME.exec(text);
  if (match === null) return null;
  const [, seconds = '', fraction = '', zone = 'Z'] = match;
  const ms = Date.parse(`${seconds}${zone}`);
  const finerThanMicros = /[1-9]/.test(fraction.slice(6));
  if (Number.isNaN(ms) || finerThanMicros) return null;
  return ms * MICROS_PER_MS + Number.parseInt(fraction.slice(0, 6).padEnd(6, '0'), 10);
}

function recordToJson(shape: RecordShape, value: object): { readonly [key: string]: JsonValue } {
  const fields = value as Loose;
  return Object.fromEntries(
    shape.fields.map(({ name, shape: inner }) => {
      const found = fields[name];
      return [name, found === null || found === undefined ? null : shapeToJson(inner, found)];
    }),
  );
}

function shapeToJson(shape: Shape, value: unknown): JsonValue {
  switch (shape.kind) {
    case 'decimal':
      return formatDecimal(value as bigint, shape.scale);
    case 'time':
      return isoTime(value as number);
    case 'bytes':
      return Buffer.from(value as Uint8Array).toString('base64');
    case 'array':
      return (value as readonly unknown[]).map((item) => shapeToJson(shape.items, item));
    case 'record':
      return recordToJson(shape, value as object);
    default:
      return value as string | number | boolean;
  }
}

function recordFromJson(shape: RecordShape, json: unknown, path: string): object {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw refused(path, 'an object', json);
  const given = json as Loose;
  const names = new Set(shape.fields.map(({ name }) => name));
  const unknown = Object.keys(given).filter((name) => !names.has(name));
  if (unknown.length > 0) throw refused(path, 'only fields of its schema', unknown.join(', '));
  return Object.fromEntries(
    shape.fields.map((field) => [
      field.name,
      fieldFromJson(field, given[field.name], `${path}.${field.name}`),
    ]),
  );
}

function fieldFromJson(field: FieldShape, given: unknown, path: string): unknown {
  const json = given === undefined ? field.defaultJson : given;
  if (json === undefined) throw refused(path, 'a value', json);
  if (json === null && field.nullable) return null;
  return shapeFromJson(field.shape, json, path);
}

function shapeFromJson(shape: Shape, json: unknown, path: string): unknown {
  switch (shape.kind) {
    case 'string':
      return stringFromJson(shape.values, json, path);
    case 'boolean':
      if (typeof json === 'boolean') return json;
      throw refused(path, 'true or false', json);
    case 'int':
    case 'long':
      return integerFromJson(json, shape.kind === 'int', path);
    case 'decimal':
      return decimalFromJson(json, shape.scale, path);
    case 'time':
    case 'date':
    case 'bytes':
      return textFromJson(shape.kind, json, path);
    case 'array':
      if (!Array.isArray(json)) throw refused(path, 'a list', json);
      return json.map((item, index) => shapeFromJson(shape.items, item, `${path}[${index}]`));
    case 'record':
      return recordFromJson(shape, json, path);
  }
}

function stringFromJson(values: readonly string[] | null, json: unknown, path: string): string {
  if (typeof json !== 'string') throw refused(path, 'a string', json);
  if (values !== null && !values.includes(json))
    throw refused(path, `one of ${values.join(', ')}`, json);
  return json;
}

function integerFromJson(json: unknown, small: boolean, path: string): number {
  const value = typeof json === 'bigint' ? Number(json) : json;
  if (typeof value !== 'number' || !Number.isSafeInteger(value))
    throw refused(path, 'an integer', json);
  if (small && value !== (value | 0)) throw refused(path, 'a 32-bit integer', json);
  return value;
}

function decimalFromJson(json: unknown, scale: number, path: string): bigint {
  if (typeof json !== 'string' && typeof json !== 'bigint')
    throw refused(path, 'a decimal string', json);
  if (scale !== PRICE_SCALE) {
    const micros = parseMicros(String(json));
    if (typeof micros === 'string') throw refused(path, 'a decimal of six places', json);
    return micros;
  }
  const decimal = parseDecimal(String(json));
  if (typeof decimal === 'string') throw refused(path, 'a decimal', json);
  return divideHalfEven(decimal.digits * 10n ** BigInt(scale), 10n ** BigInt(decimal.scale));
}

function textFromJson(kind: 'time' | 'date' | 'bytes', json: unknown, path: string): unknown {
  if (typeof json !== 'string') throw refused(path, 'a string', json);
  if (kind === 'bytes') return Buffer.from(json, 'base64');
  if (kind === 'time') {
    const time = timeOfIso(json);
    if (time === null) throw refused(path, 'a time like 2026-05-08T12:00:00.123456Z', json);
    return time;
  }
  if (!ISO_DATE.test(json)) throw refused(path, 'a date like 2026-05-08', json);
  return json;
}

function refused(path: string, expected: string, found: unknown): ContractError {
  const shown = typeof found === 'string' ? `"${found}"` : String(found);
  return new ContractError('NOT_ALLOWED', `${path}: expected ${expected}, found ${shown}.`);
}
