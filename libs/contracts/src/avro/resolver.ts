/**
 * Reading what an older or newer schema wrote: avsc resolves writer against reader, and its values
 * are then brought into the house's form (plain objects, closed sets checked).
 *
 * avsc compares neither scale nor precision of decimals: a change would pass as an error of 10^12
 * without a word. So the decimals of both schemas are compared here before a byte is read.
 */

import avro from 'avsc';

import { ContractError } from './error.ts';
import { dateOfDays, type Input, open, readDecimal } from './input.ts';
import { newOutput, writeDecimal } from './output.ts';
import { type FieldShape, parseSchema, type RecordShape, type Shape } from './schema.ts';

/** Zigzag needs a bit more than the value, and avsc computes it in a double: beyond, it rounds. */
const AVSC_LONG_MAX = 2 ** 52;

const decimalInput: Input = { bytes: Buffer.alloc(0), at: 0, end: 0 };

/**
 * A decoder of bodies of the writer's schema that yields values of the reader's. Throws `SCHEMA`
 * when the two do not resolve; the decoder throws `UNDECODABLE` or `NOT_ALLOWED`.
 */
export function resolvingDecoder(
  writerSchema: string,
  readerSchema: string,
): (body: Buffer) => object {
  const difference = decimalDifference(parseSchema(writerSchema), parseSchema(readerSchema));
  if (difference !== null) throw new ContractError('SCHEMA', difference);
  const reader = avscType(readerSchema);
  const shape = parseSchema(readerSchema);
  const resolver = resolverOf(reader, avscType(writerSchema), shape.fullName);
  return (body) => {
    let value: unknown;
    try {
      value = reader.fromBuffer(body, resolver, false);
    } catch (cause) {
      if (cause instanceof ContractError) throw cause;
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new ContractError(
        'UNDECODABLE',
        `${shape.name} does not decode under its writer schema: ${why}.`,
        cause,
      );
    }
    return plainRecord(shape, value as Readonly<Record<string, unknown>>);
  };
}

function resolverOf(
  reader: avro.Type,
  writer: avro.Type,
  name: string,
): ReturnType<avro.Type['createResolver']> {
  try {
    return reader.createResolver(writer);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ContractError(
      'SCHEMA',
      `${name}: what was written cannot be read with our schema: ${why}.`,
      cause,
    );
  }
}

/** The sentence that says where two schemas differ in a decimal or a logical type, or null. */
export function decimalDifference(writer: RecordShape, reader: RecordShape): string | null {
  for (const field of reader.fields) {
    const other = writer.fields.find(({ name }) => name === field.name);
    const difference = other === undefined ? null : shapeDifference(other.shape, field.shape);
    if (difference !== null) return `${reader.name}.${field.name}: ${difference}`;
  }
  return null;
}

function shapeDifference(writer: Shape, reader: Shape): string | null {
  if (writer.kind === 'array' && reader.kind === 'array')
    return shapeDifference(writer.items, reader.items);
  if (writer.kind === 'record' && reader.kind === 'record')
    return decimalDifference(writer, reader);
  const [written, read] = [describe(writer), describe(reader)];
  return written === read ? null : `expected ${read}, found ${written}.`;
}

function describe(shape: Shape): string {
  return shape.kind === 'decimal' ? `decimal(${shape.precision},${shape.scale})` : shape.kind;
}

/** An avsc type with our logical types: decimals as bigint, times as number, dates as text. */
export function avscType(schema: string): avro.Type {
  return avro.Type.forSchema(JSON.parse(schema) as avro.Schema, {
    wrapUnions: 'never',
    logicalTypes: { decimal: DecimalType, 'timestamp-micros': TimeType, date: DateType },
  });
}

class DecimalType extends avro.types.LogicalType {
  protected override _fromValue(bytes: Buffer): bigint {
    open(decimalInput, Buffer.concat([Buffer.from([bytes.length << 1]), bytes]));
    return readDecimal(decimalInput);
  }

  protected override _toValue(value: unknown): Buffer | undefined {
    if (typeof value !== 'bigint') return undefined;
    const output = newOutput();
    writeDecimal(output, value);
    return Buffer.from(output.bytes.subarray(1, output.at));
  }

  protected override _resolve(type: avro.Type): ((bytes: Buffer) => bigint) | undefined {
    return type instanceof DecimalType ? (value) => value as unknown as bigint : undefined;
  }
}

class TimeType extends avro.types.LogicalType {
  protected override _fromValue(micros: number): number {
    return micros;
  }

  protected override _toValue(value: unknown): number | undefined {
    return typeof value === 'number' ? value : undefined;
  }

  protected override _resolve(type: avro.Type): ((value: number) => number) | undefined {
    return type instanceof TimeType ? (value) => value : undefined;
  }
}

class DateType extends avro.types.LogicalType {
  protected override _fromValue(days: number): string {
    return dateOfDays(days);
  }

  protected override _toValue(value: unknown): number | undefined {
    return typeof value === 'string' ? Date.parse(value) / 86_400_000 : undefined;
  }

  protected override _resolve(type: avro.Type): ((value: string) => string) | undefined {
    return type instanceof DateType ? (value) => value : undefined;
  }
}

function plainRecord(shape: RecordShape, value: Readonly<Record<string, unknown>>): object {
  const plain: Record<string, unknown> = {};
  for (const field of shape.fields) plain[field.name] = plainField(field, value[field.name]);
  return plain;
}

function plainField(field: FieldShape, value: unknown): unknown {
  if (value === null) return null;
  const { shape } = field;
  if (shape.kind === 'array')
    return (value as readonly unknown[]).map((item) => plainItem(shape.items, item));
  if (shape.kind === 'string' && shape.values !== null && !shape.values.includes(value as string)) {
    throw new ContractError(
      'NOT_ALLOWED',
      `${field.name}: expected one of ${shape.values.join(', ')}; found ${JSON.stringify(value)}.`,
    );
  }
  return plainItem(shape, value);
}

function plainItem(shape: Shape, value: unknown): unknown {
  if (shape.kind === 'record')
    return plainRecord(shape, value as Readonly<Record<string, unknown>>);
  if (
    (shape.kind === 'long' || shape.kind === 'time') &&
    Math.abs(value as number) > AVSC_LONG_MAX
  ) {
    throw new ContractError(
      'UNDECODABLE',
      `Expected a long within ±2^52 under another schema, found ${JSON.stringify(value)}.`,
    );
  }
  return shape.kind === 'bytes' ? Buffer.from(value as Buffer) : value;
}
