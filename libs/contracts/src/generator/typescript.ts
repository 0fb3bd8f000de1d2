/**
 * Writes the TypeScript of one record: its type, and a reader and a writer that do in straight code
 * what avsc does by walking a schema. avsc tries every branch of a union of logical types by
 * exception and check; straight code knows at writing time which branch it is. Tests hold the two
 * against each other, byte for byte.
 */

import { type FieldShape, type RecordShape, recordsIn, type Shape } from '../avro/schema.ts';

const HEADER = '// Generated from schemas/ by `npm run -w libs/contracts generate`. Do not edit.\n';

/** `FillConfirmed` → `fill-confirmed`. */
export function fileNameOf(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase();
}

/** The module of one record. Nested records are imported from modules of their own. */
export function recordModule(record: RecordShape): string {
  const sets = record.fields.filter((field) => setOf(field) !== null);
  const nested = recordsIn(record).filter((other) => other.fullName !== record.fullName);
  const body = [
    ...sets.map(setDeclaration),
    typeDeclaration(record),
    readerDeclaration(record),
    writerDeclaration(record),
  ].join('\n');
  return [HEADER, ...imports(nested, body), '', body].join('\n');
}

function imports(nested: readonly RecordShape[], body: string): readonly string[] {
  const used = (name: string): boolean => new RegExp(`\\b${name}\\b`).test(body);
  const direct = nested.filter((other) => used(other.name));
  const from = (path: string, names: readonly string[]): string[] => {
    const wanted = names.filter((name) => used(name.replace('type ', '')));
    return wanted.length === 0 ? [] : [`import {\n  ${wanted.join(',\n  ')},\n} from '${path}';`];
  };
  return [
    ...from('@polytraders/money', [
      'type PriceE18',
      'type PusdMicros',
      'type RateMicros',
      'type ShareMicros',
    ]),
    ...from('../avro/input.ts', [
      'closedSet',
      'type Input',
      'readArray',
      'readBoolean',
      'readBytes',
      'readDate',
      'readDecimal',
      'readInt',
      'readLong',
      'readOneOf',
      'readPresent',
      'readString',
    ]),
    ...from('../avro/output.ts', [
      'type Output',
      'writeArray',
      'writeBoolean',
      'writeBytes',
      'writeDate',
      'writeDecimal',
      'writeInt',
      'writeLong',
      'writeNull',
      'writeOneOf',
      'writePresent',
      'writeString',
    ]),
    ...direct.map(({ name }) =>
      from(`./${fileNameOf(name)}.ts`, [`read${name}`, `type ${name}`, `write${name}`]).join('\n'),
    ),
  ];
}

function setOf(field: FieldShape): readonly string[] | null {
  return field.shape.kind === 'string' ? field.shape.values : null;
}

function constantOf(field: FieldShape): string {
  return field.name.replace(/([a-z])([A-Z])/g, '$1_$2').toUpperCase();
}

function setDeclaration(field: FieldShape): string {
  const values = (setOf(field) ?? []).map((value) => `  '${value}',`).join('\n');
  return `const ${constantOf(field)} = closedSet('${field.name}', [\n${values}\n]);\n`;
}

function typeDeclaration(record: RecordShape): string {
  const fields = record.fields.map((field) => {
    const type = typeOf(field);
    const nullable = field.nullable ? ' | null' : '';
    return `  /** ${field.doc} */\n  readonly ${field.name}: ${type}${nullable};`;
  });
  return `/** ${record.doc} */\nexport type ${record.name} = {\n${fields.join('\n')}\n};\n`;
}

/** Amounts get the brand that their name's unit says; see schemas/README.md. */
function typeOf(field: FieldShape): string {
  const { shape, name } = field;
  if (shape.kind === 'decimal') return decimalType(shape.scale, name);
  if (shape.kind === 'string' && shape.values !== null) {
    return shape.values.map((value) => `'${value}'`).join(' | ');
  }
  return plainType(shape);
}

function decimalType(scale: number, name: string): string {
  if (scale === 18) return 'PriceE18';
  if (name.endsWith('_pusd')) return 'PusdMicros';
  if (name.endsWith('_shares')) return 'ShareMicros';
  return /(^|_)(rate|ratio)$/.test(name) ? 'RateMicros' : 'bigint';
}

function plainType(shape: Shape): string {
  switch (shape.kind) {
    case 'string':
    case 'date':
      return 'string';
    case 'int':
    case 'long':
    case 'time':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'bytes':
      return 'Buffer';
    case 'decimal':
      return 'bigint';
    case 'array':
      return `readonly ${plainType(shape.items)}[]`;
    case 'record':
      return shape.name;
  }
}

function readerDeclaration(record: RecordShape): string {
  const fields = record.fields.map((field) => {
    const read = readCall(field);
    const value = field.nullable ? `readPresent(input) ? ${read} : null` : read;
    return `    ${field.name}: ${value},`;
  });
  const head = `export function read${record.name}(input: Input): ${record.name} {`;
  return [head, '  return {', ...fields, '  };', '}', ''].join('\n');
}

function readCall(field: FieldShape): string {
  if (setOf(field) !== null) return `readOneOf(input, ${constantOf(field)})`;
  if (field.shape.kind === 'decimal') return `readDecimal(input) as ${typeOf(field)}`;
  if (field.shape.kind === 'array') return `readArray(input, read${suffixOf(field.shape.items)})`;
  return `read${suffixOf(field.shape)}(input)`;
}

function suffixOf(shape: Shape): string {
  switch (shape.kind) {
    case 'record':
      return shape.name;
    case 'time':
      return 'Long';
    default:
      return `${shape.kind.slice(0, 1).toUpperCase()}${shape.kind.slice(1)}`;
  }
}

function writerDeclaration(record: RecordShape): string {
  const lines = record.fields.map((field) => {
    const value = `value.${field.name}`;
    if (!field.nullable) return `  ${writeCall(field, value)};`;
    return [
      `  if (${value} === null) writeNull(output);`,
      '  else {',
      '    writePresent(output);',
      `    ${writeCall(field, value)};`,
      '  }',
    ].join('\n');
  });
  const head = `export function write${record.name}(output: Output, value: ${record.name}): void {`;
  return [head, ...lines, '}', ''].join('\n');
}

function writeCall(field: FieldShape, value: string): string {
  if (setOf(field) !== null) return `writeOneOf(output, ${constantOf(field)}, ${value})`;
  if (field.shape.kind === 'array') {
    return `writeArray(output, ${value}, write${suffixOf(field.shape.items)})`;
  }
  return `write${suffixOf(field.shape)}(output, ${value})`;
}
