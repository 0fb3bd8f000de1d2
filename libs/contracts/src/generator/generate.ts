/**
 * schemas/*.avsc → the modules of src/generated/, as text. Pure but for reading the schemas;
 * main.ts writes the files and a test says whether they are current.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { ContractError } from '../avro/error.ts';
import { parseSchema, type RecordShape, recordsIn } from '../avro/schema.ts';
import { fileNameOf, recordModule } from './typescript.ts';

/** Where the schemas stand: schemas/ at the root of the repository. */
export const SCHEMAS_DIRECTORY = fileURLToPath(new URL('../../../../schemas/', import.meta.url));

export const GENERATED_DIRECTORY = fileURLToPath(new URL('../generated/', import.meta.url));

export const CONTRACTS_PAGE = fileURLToPath(
  new URL('../../../../docs/contracts.md', import.meta.url),
);

export const REASON_CODES_PAGE = fileURLToPath(
  new URL('../../../../docs/reason-codes.md', import.meta.url),
);

const HEADER = '// Generated from schemas/ by `npm run -w libs/contracts generate`. Do not edit.\n';

/** File name → content of everything that belongs into src/generated/. */
export function generatedFiles(): ReadonlyMap<string, string> {
  const sources = readdirSync(SCHEMAS_DIRECTORY)
    .filter((name) => name.endsWith('.avsc'))
    .sort()
    .map((name) => readFileSync(`${SCHEMAS_DIRECTORY}${name}`, 'utf8'));
  const top = sources.map((text) => ({ text, record: parseSchema(text) }));
  const files = new Map<string, string>();
  for (const [name, record] of allRecords(top.map(({ record: each }) => each))) {
    files.set(`${fileNameOf(name)}.ts`, recordModule(record));
  }
  files.set('records.ts', recordsModule(top.map(({ record }) => record)));
  files.set('schemas.ts', schemasModule(top));
  return files;
}

/** Every record by name. The same name must mean the same everywhere: one module serves all. */
function allRecords(top: readonly RecordShape[]): ReadonlyMap<string, RecordShape> {
  const byName = new Map<string, RecordShape>();
  for (const record of top.flatMap(recordsIn)) {
    const known = byName.get(record.name);
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(record)) {
      throw new ContractError(
        'SCHEMA',
        `Expected one definition of ${record.name}, found two that differ.`,
      );
    }
    byName.set(record.name, record);
  }
  return byName;
}

function recordsModule(top: readonly RecordShape[]): string {
  const lines = top.map(
    ({ name }) =>
      `import { read${name}, type ${name}, write${name} } from './${fileNameOf(name)}.ts';`,
  );
  const types = top.map(({ name }) => `  readonly ${name}: ${name};`);
  const readers = top.map(({ name }) => `  ${name}: read${name},`);
  const writers = top.map(({ name }) => `  ${name}: write${name},`);
  return [
    HEADER,
    "import { type Input } from '../avro/input.ts';",
    "import { type Output } from '../avro/output.ts';",
    ...lines,
    '',
    '/** Every record that travels alone, by its name. */',
    `export type Records = {\n${types.join('\n')}\n};\n`,
    'export type RecordType = keyof Records;\n',
    'type Readers = { readonly [Type in RecordType]: (input: Input) => Records[Type] };',
    'type Write<Type extends RecordType> = (output: Output, value: Records[Type]) => void;',
    'type Writers = { readonly [Type in RecordType]: Write<Type> };\n',
    `export const READERS: Readers = {\n${readers.join('\n')}\n};\n`,
    `export const WRITERS: Writers = {\n${writers.join('\n')}\n};\n`,
  ].join('\n');
}

/** Schemas as text in the code: a service needs no path to schemas/, and the image no copy. */
function schemasModule(
  top: readonly { readonly text: string; readonly record: RecordShape }[],
): string {
  const entries = top.map(({ text, record }) => {
    const compact = JSON.stringify(JSON.parse(text));
    return `  ${record.name}: ${quoted(compact)},`;
  });
  return [
    HEADER,
    "import { type RecordType } from './records.ts';\n",
    '/** Text of each schema as this code writes it, without white space. */',
    `export const SCHEMAS: Readonly<Record<RecordType, string>> = {\n${entries.join('\n')}\n};\n`,
  ].join('\n');
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
