/**
 * The part of Avro that the house uses, as data: records of strings, booleans, ints, longs, bytes,
 * decimals, times, dates, arrays and nested records, each nullable or not. Generator, codec, JSON
 * form and lint all read schemas through `parseSchema`, so none of them has to know Avro's grammar.
 *
 * Closed sets are strings with a `values` attribute on the field: Avro enums cannot grow a symbol
 * under FULL_TRANSITIVE, and registries leave attributes they do not know alone.
 */

import { ContractError } from './error.ts';

export type Shape =
  | { readonly kind: 'string'; readonly values: readonly string[] | null }
  | { readonly kind: 'bytes' | 'boolean' | 'int' | 'long' | 'time' | 'date' }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'array'; readonly items: Shape }
  | RecordShape;

export type RecordShape = {
  readonly kind: 'record';
  /** Namespace and name: also the subject in the registry. */
  readonly fullName: string;
  readonly name: string;
  readonly doc: string;
  readonly fields: readonly FieldShape[];
};

export type FieldShape = {
  readonly name: string;
  readonly doc: string;
  readonly nullable: boolean;
  /** The default in its JSON form, or undefined where the field has none. */
  readonly defaultJson: unknown;
  readonly shape: Shape;
};

type Json = { readonly [key: string]: unknown };

/** Reads the text of an .avsc. Throws `SCHEMA` for anything outside the house's part of Avro. */
export function parseSchema(text: string): RecordShape {
  const shape = shapeOf(JSON.parse(text), null, new Map());
  if (shape.kind !== 'record') throw unusable(`a record, found ${shape.kind}`);
  return shape;
}

/**
 * What has to be equal for two schemas to have the same bytes and the same meaning: names, order,
 * types, logical types. Docs, defaults and closed sets are left out.
 */
export function wireForm(shape: Shape): string {
  if (shape.kind === 'decimal') return `decimal(${shape.precision},${shape.scale})`;
  if (shape.kind === 'array') return `[${wireForm(shape.items)}]`;
  if (shape.kind !== 'record') return shape.kind;
  const fields = shape.fields.map(
    (field) => `${field.name}${field.nullable ? '?' : ''}:${wireForm(field.shape)}`,
  );
  return `${shape.fullName}{${fields.join(',')}}`;
}

/** The record and every record nested in it, innermost first, each once. */
export function recordsIn(shape: Shape): readonly RecordShape[] {
  const found = new Map<string, RecordShape>();
  const visit = (node: Shape): void => {
    if (node.kind === 'array') visit(node.items);
    if (node.kind !== 'record') return;
    for (const field of node.fields) visit(field.shape);
    found.set(node.fullName, node);
  };
  visit(shape);
  return [...found.values()];
}

function shapeOf(
  node: unknown,
  values: readonly string[] | null,
  named: Map<string, RecordShape>,
): Shape {
  if (typeof node === 'string') return primitiveOf(node, values, named);
  const json = objectOf(node);
  if (json['type'] === 'record') return recordOf(json, named);
  if (json['type'] === 'array')
    return { kind: 'array', items: shapeOf(json['items'], null, named) };
  const logical = json['logicalType'];
  if (logical === undefined) return shapeOf(json['type'], values, named);
  return logicalOf(textOf(logical), json);
}

function primitiveOf(
  name: string,
  values: readonly string[] | null,
  named: Map<string, RecordShape>,
): Shape {
  switch (name) {
    case 'string':
      return { kind: 'string', values };
    case 'bytes':
    case 'boolean':
    case 'int':
    case 'long':
      return { kind: name };
    default: {
      const known = named.get(name);
      if (known === undefined) throw unusable(`a type of the house, found ${name}`);
      return known;
    }
  }
}

function logicalOf(logical: string, json: Json): Shape {
  const { precision, scale } = json;
  if (logical === 'timestamp-micros' && json['type'] === 'long') return { kind: 'time' };
  if (logical === 'date' && json['type'] === 'int') return { kind: 'date' };
  if (logical === 'decimal' && json['type'] === 'bytes') {
    if (typeof precision === 'number' && typeof scale === 'number') {
      return { kind: 'decimal', precision, scale };
    }
  }
  throw unusable(`decimal bytes, timestamp-micros or date, found ${JSON.stringify(json)}`);
}

function recordOf(json: Json, named: Map<string, RecordShape>): RecordShape {
  const name = textOf(json['name']);
  const fullName = name.includes('.') ? name : `${textOf(json['namespace'])}.${name}`;
  const fields = json['fields'];
  if (!Array.isArray(fields)) throw unusable(`fields in ${fullName}, found none`);
  const record: RecordShape = {
    kind: 'record',
    fullName,
    name: fullName.slice(fullName.lastIndexOf('.') + 1),
    doc: textOf(json['doc']),
    fields: fields.map((field) => fieldOf(objectOf(field), named)),
  };
  named.set(fullName, record);
  return record;
}

function fieldOf(json: Json, named: Map<string, RecordShape>): FieldShape {
  const type = json['type'];
  const nullable = Array.isArray(type);
  if (nullable && (type.length !== 2 || type[0] !== 'null')) {
    throw unusable(`["null", type] in ${textOf(json['name'])}, found ${JSON.stringify(type)}`);
  }
  const values = Array.isArray(json['values']) ? json['values'].map(String) : null;
  return {
    name: textOf(json['name']),
    doc: textOf(json['doc']),
    nullable,
    defaultJson: json['default'],
    shape: shapeOf(nullable ? type[1] : type, values, named),
  };
}

function objectOf(node: unknown): Json {
  if (typeof node !== 'object' || node === null || Array.isArray(node)) {
    throw unusable(`an object, found ${JSON.stringify(node)}`);
  }
  return node as Json;
}

/** An attribute that should be text; a missing one is empty, and lint says what is wrong. */
function textOf(attribute: unknown): string {
  return typeof attribute === 'string' ? attribute : '';
}

function unusable(what: string): ContractError {
  return new ContractError('SCHEMA', `Expected ${what} in an Avro schema.`);
}
