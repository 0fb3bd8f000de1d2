/**
 * FULL_TRANSITIVE without a registry: every version of a record reads what every other version
 * wrote, in both directions, for as long as reports are kept. And stricter than a registry: those
 * let a decimal change its scale, which is an error of 10^12 that nobody sees.
 *
 * Answers are sentences, one a finding; none means fit for release.
 */

import { avscType, decimalDifference } from '../avro/resolver.ts';
import {
  type FieldShape,
  parseSchema,
  type RecordShape,
  recordsIn,
  wireForm,
} from '../avro/schema.ts';

const SCALES: readonly number[] = [6, 18];
const PRECISION = 38;
/** snake_case; `negRisk` is the specification's name and is kept, also as a prefix. */
const FIELD_NAME = /^(?:negRisk|[a-z][a-z0-9]*)(?:_[a-z0-9]+)*$/;
const RECORD_NAME = /^polytraders\.[a-z]+\.[A-Z][A-Za-z]+$/;

/** What stands against these schemas being versions of one record, for every ordered pair. */
export function compatibilityFindings(versions: readonly string[]): readonly string[] {
  return versions.flatMap((writer, written) =>
    versions.flatMap((reader, read) => {
      const pair = [parseSchema(writer), parseSchema(reader)] as const;
      const sets = written < read ? closedSetFindings(...pair) : [];
      const found = written === read ? [] : [...pairFindings(writer, reader, ...pair), ...sets];
      return found.map((finding) => `v${read + 1} reading v${written + 1}: ${finding}`);
    }),
  );
}

/** What stands against this schema by itself: the house's lint. */
export function lintFindings(schema: string): readonly string[] {
  const records = recordsIn(parseSchema(schema));
  const aliases = schema.includes('"aliases"')
    ? ['An alias is a rename, and old readers do not know it.']
    : [];
  return [...aliases, ...records.flatMap(recordFindings)];
}

function pairFindings(
  writer: string,
  reader: string,
  written: RecordShape,
  read: RecordShape,
): readonly string[] {
  if (written.fullName !== read.fullName) {
    return [
      `The record is called ${written.fullName} and ${read.fullName}: a rename is another record.`,
    ];
  }
  const decimals = decimalDifference(written, read);
  if (decimals !== null) return [decimals];
  if (wireForm(written) === wireForm(read)) return [];
  try {
    avscType(reader).createResolver(avscType(writer));
    return [];
  } catch (cause) {
    return [cause instanceof Error ? `${cause.message}.` : String(cause)];
  }
}

/** A later version may add to a closed set, never take from it: old records would not be read. */
function closedSetFindings(earlier: RecordShape, later: RecordShape): readonly string[] {
  const laterRecords = new Map(recordsIn(later).map((record) => [record.fullName, record]));
  return recordsIn(earlier).flatMap((record) =>
    record.fields.flatMap((field) => {
      const after = laterRecords
        .get(record.fullName)
        ?.fields.find(({ name }) => name === field.name);
      const [had, has] = [valuesOf(field), valuesOf(after)];
      if (has === null || had?.every((value) => has.includes(value)) === true) return [];
      return [`${record.name}.${field.name}: its closed set lost a value.`];
    }),
  );
}

function valuesOf(field: FieldShape | undefined): readonly string[] | null {
  return field?.shape.kind === 'string' ? field.shape.values : null;
}

function recordFindings(record: RecordShape): readonly string[] {
  const own = [
    ...(RECORD_NAME.test(record.fullName)
      ? []
      : [`${record.fullName} is not called polytraders.<area>.<Record>.`]),
    ...(record.doc === '' ? [`${record.name} has no doc.`] : []),
  ];
  return [...own, ...record.fields.flatMap((field) => fieldFindings(record, field))];
}

function fieldFindings(record: RecordShape, field: FieldShape): readonly string[] {
  const { name, doc, shape, nullable, defaultJson } = field;
  const where = `${record.name}.${name}`;
  const found: string[] = [];
  if (!FIELD_NAME.test(name)) found.push(`${where} is not snake_case.`);
  if (!doc.endsWith('.')) found.push(`${where} has no doc that is a sentence.`);
  if (nullable && defaultJson !== null)
    found.push(`${where} is nullable and does not default to null.`);
  const values = valuesOf(field);
  if (values !== null && new Set(values).size !== values.length)
    found.push(`${where} lists a value twice.`);
  const amount = /_(pusd|shares|price|rate|ratio)$/.test(`_${name}`);
  if (shape.kind === 'decimal') {
    if (shape.precision !== PRECISION || !SCALES.includes(shape.scale))
      found.push(`${where} is not decimal(38,6) or decimal(38,18).`);
    if (/_(pusd|shares)$/.test(name) && shape.scale !== 6)
      found.push(`${where} is an amount and not decimal(38,6).`);
    if (/(^|_)price$/.test(name) && shape.scale !== 18)
      found.push(`${where} is a price and not decimal(38,18).`);
  } else if (amount) found.push(`${where} is an amount by its name and not a decimal.`);
  if (/_at$/.test(name) && shape.kind !== 'time')
    found.push(`${where} is a time by its name and not timestamp-micros.`);
  if (/_ms$/.test(name) && shape.kind !== 'long')
    found.push(`${where} is milliseconds by its name and not a long.`);
  return found;
}
