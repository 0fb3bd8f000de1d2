/**
 * The wire format of every record: Avro bodies to plain objects and back, synchronously.
 *
 * A body whose writer schema is ours is read by generated straight code; one of an older or newer
 * writer through avsc's resolver (resolver.ts), which is slower and yields the same values. Framing
 * (0x00 and the schema id) is the runtime's business.
 */

import { type Codec } from '@polytraders/stream';
import { ContractError } from './avro/error.ts';
import { close, type Input, open } from './avro/input.ts';
import { finish, newOutput, type Output } from './avro/output.ts';
import { resolvingDecoder } from './avro/resolver.ts';
import { parseSchema, wireForm } from './avro/schema.ts';
import { READERS, type Records, type RecordType, WRITERS } from './generated/records.ts';
import { SCHEMAS } from './generated/schemas.ts';

const input: Input = { bytes: Buffer.alloc(0), at: 0, end: 0 };
const output: Output = newOutput();

/** Whether this code knows a record of that name. */
export function isRecordType(name: string): name is RecordType {
  return Object.hasOwn(SCHEMAS, name);
}

/** Text of the schema that this code writes. Throws `SCHEMA` for a name it does not know. */
export function schemaOf(type: string): string {
  if (isRecordType(type)) return SCHEMAS[type];
  throw new ContractError('SCHEMA', `Expected a record of schemas/, found ${type}.`);
}

/** Subject of a record type in the registry: its full name. */
export function subjectOf(type: string): string {
  return parseSchema(schemaOf(type)).fullName;
}

/**
 * Avro body of a value, after `room` bytes that the caller fills (the framing: no second copy).
 * Throws `NOT_ALLOWED` where the value breaks its schema.
 */
export function encode<Type extends RecordType>(
  type: Type,
  value: Records[Type],
  room = 0,
): Buffer {
  const write: (output: Output, value: Records[Type]) => void = WRITERS[type];
  output.at = room;
  try {
    write(output, value);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ContractError('NOT_ALLOWED', `${type} cannot be written. ${why}`, cause);
  }
  return finish(output);
}

/** A decoder of bodies that were written under our own schema of this record. */
export function decoderOfOwn<Type extends RecordType>(
  type: Type,
): (body: Uint8Array) => Records[Type] {
  const read: (input: Input) => Records[Type] = READERS[type];
  return (body) => {
    open(input, asBuffer(body));
    const value = read(input);
    close(input, type);
    return value;
  };
}

function asBuffer(body: Uint8Array): Buffer {
  return Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}

function decoderOf(writerSchema: string): ReturnType<Codec['decoderOf']> {
  const writer = parseSchema(writerSchema);
  const type = writer.name;
  if (!isRecordType(type)) {
    throw new ContractError('SCHEMA', `Expected a record of schemas/, found ${writer.fullName}.`);
  }
  const reader = parseSchema(SCHEMAS[type]);
  const decode: (body: Uint8Array) => object =
    wireForm(reader) === wireForm(writer)
      ? decoderOfOwn(type)
      : resolving(writerSchema, SCHEMAS[type]);
  return (body) => ({ type, value: decode(body) });
}

function resolving(writerSchema: string, readerSchema: string): (body: Uint8Array) => object {
  const decode = resolvingDecoder(writerSchema, readerSchema);
  return (body) => decode(asBuffer(body));
}

/** What the processors hand to the runtime. */
export const codec: Codec = {
  schemaOf,
  decoderOf,
  encode: (type, value, room) => {
    if (!isRecordType(type))
      throw new ContractError('SCHEMA', `Expected a record of schemas/, found ${type}.`);
    return encode(type, value as Records[typeof type], room);
  },
};
