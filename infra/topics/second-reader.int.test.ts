/**
 * The registry client of kafkajs as a second reader, with decimals and times of its own making: it
 * knows nothing of our codec but the registry and the bytes, so what both say is so.
 */

import { beforeAll, describe, expect, test } from '@jest/globals';
import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import { codec, subjectOf } from '@polytraders/contracts';
import { type Fixture, fixtures } from '@polytraders/contracts/fixtures';
import { releases } from '@polytraders/contracts/releases';
import { framed } from '@polytraders/runtime';
import { testStack, uniquePrefix } from '@polytraders/testkit';
import avro from 'avsc';

import { applyTopics } from './index.ts';

/** Two's complement by its definition: the unsigned number, less 2^bits where the sign is set. */
class Decimal extends avro.types.LogicalType {
  protected override _fromValue(bytes: Uint8Array): bigint {
    const unsigned = bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
    return BigInt.asIntN(bytes.length * 8, unsigned);
  }

  protected override _toValue(value: bigint): Buffer {
    let length = 1;
    while (BigInt.asIntN(length * 8, value) !== value) length += 1;
    const bytes = Array.from({ length }, (_, at) =>
      Number(BigInt.asUintN(8, value >> BigInt(8 * (length - 1 - at)))),
    );
    return Buffer.from(bytes);
  }
}

/** Days since 1970 as text. */
class Day extends avro.types.LogicalType {
  protected override _fromValue(days: number): string {
    return new Date(days * 86_400_000).toISOString().slice(0, 10);
  }

  protected override _toValue(text: string): number {
    return Date.parse(text) / 86_400_000;
  }
}

let client: SchemaRegistry;

beforeAll(async () => {
  const { KAFKA_BROKERS, SCHEMA_REGISTRY_URL } = await testStack();
  const target = { brokers: KAFKA_BROKERS, registryUrl: SCHEMA_REGISTRY_URL };
  await applyTopics({ ...target, prefix: uniquePrefix(), topics: [] });
  client = new SchemaRegistry(
    { host: SCHEMA_REGISTRY_URL },
    { [SchemaType.AVRO]: { logicalTypes: { decimal: Decimal, date: Day } } },
  );
}, 120_000);

async function idOf({ type }: Fixture): Promise<number> {
  const schema = { type: SchemaType.AVRO, schema: codec.schemaOf(type) } as const;
  return client.getRegistryIdBySchema(subjectOf(type), schema);
}

const released = new Set<string>(releases().map(({ type }) => type));
const examples = fixtures().filter(({ type }) => released.has(type));

describe.each(examples.map((each) => [each.name, each] as const))('%s', (_, each) => {
  test('framed by us says the same to the registry client', async () => {
    const bytes = framed(await idOf(each), codec.encode(each.type, each.value, 0));
    expect(await client.decode(bytes)).toEqual(each.value);
  });

  test('framed by the registry client is byte for byte ours, and says the same to us', async () => {
    const id = await idOf(each);
    const bytes = await client.encode(id, each.value);
    expect(bytes).toEqual(framed(id, codec.encode(each.type, each.value, 0)));
    expect(codec.decoderOf(codec.schemaOf(each.type))(bytes.subarray(5)).value).toEqual(each.value);
  });
});
