/**
 * schemas/released/<Record>/v<n>.avsc: what was published, frozen. Beside each version stand an
 * example in JSON and the bytes that this version made of it; a hash of every file stands in
 * hashes.json, so that a release that was touched is found.
 */

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { ContractError } from '../avro/error.ts';
import { encode, isRecordType, schemaOf } from '../codec.ts';
import { fixtures } from '../fixtures/index.ts';
import { type RecordType } from '../generated/records.ts';
import { toJson } from '../json-form.ts';
import { compatibilityFindings, lintFindings } from './compatibility.ts';

export const RELEASED_DIRECTORY = fileURLToPath(
  new URL('../../../../schemas/released/', import.meta.url),
);

const HASHES = 'hashes.json';

/** One frozen version. `schema` is compact: the text under which it is registered. */
export type Release = {
  readonly type: RecordType;
  readonly version: number;
  readonly schema: string;
};

/** Every released version, by record and then oldest first. */
export function releases(directory: string = RELEASED_DIRECTORY): readonly Release[] {
  return readdirSync(directory)
    .filter(isRecordType)
    .sort()
    .flatMap((type) =>
      versionsIn(`${directory}${type}`).map((version) => ({
        type,
        version,
        schema: compact(readFileSync(`${directory}${type}/v${version}.avsc`, 'utf8')),
      })),
    );
}

/** SHA-256 of every file under schemas/released/, by its path there. */
export function fileHashes(
  directory: string = RELEASED_DIRECTORY,
): Readonly<Record<string, string>> {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== HASHES)
    .map((entry) =>
      `${entry.parentPath}/${entry.name}`.replaceAll('//', '/').slice(directory.length),
    );
  return Object.fromEntries(
    files.sort().map((path) => [path, sha256(readFileSync(`${directory}${path}`))]),
  );
}

/** The list that was committed with the releases. */
export function committedHashes(
  directory: string = RELEASED_DIRECTORY,
): Readonly<Record<string, string>> {
  return JSON.parse(readFileSync(`${directory}${HASHES}`, 'utf8')) as Readonly<
    Record<string, string>
  >;
}

/**
 * Freezes the schema of a record as its next version. Throws `SCHEMA` with every finding when the
 * schema is not fit for it, and when it is the same as the latest version.
 */
export function release(type: string, directory: string = RELEASED_DIRECTORY): Release {
  const schema = schemaOf(type);
  if (!isRecordType(type)) throw new ContractError('SCHEMA', `Expected a record, found ${type}.`);
  mkdirSync(directory, { recursive: true });
  const earlier = releases(directory).filter((each) => each.type === type);
  if (earlier.at(-1)?.schema === schema) {
    throw new ContractError('SCHEMA', `${type} is released as it is: version ${earlier.length}.`);
  }
  const findings = [
    ...lintFindings(schema),
    ...compatibilityFindings([...earlier.map((each) => each.schema), schema]),
  ];
  if (findings.length > 0)
    throw new ContractError('SCHEMA', `${type} cannot be released.\n${findings.join('\n')}`);
  const version = earlier.length + 1;
  writeRelease(type, version, schema, `${directory}${type}`);
  writeFileSync(`${directory}${HASHES}`, `${JSON.stringify(fileHashes(directory), null, 2)}\n`);
  return { type, version, schema };
}

function writeRelease(type: RecordType, version: number, schema: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/v${version}.avsc`, `${JSON.stringify(JSON.parse(schema), null, 2)}\n`);
  const examples = fixtures().filter((each) => each.type === type);
  const golden = examples.map(({ name, value }) => ({
    name,
    bytes: encode(type, value as never).toString('hex'),
    json: toJson(type, value as never),
  }));
  writeFileSync(`${folder}/v${version}.golden.json`, `${JSON.stringify(golden, null, 2)}\n`);
}

function versionsIn(folder: string): readonly number[] {
  if (!existsSync(folder)) return [];
  const found = readdirSync(folder).map((name) => /^v(\d+)\.avsc$/.exec(name)?.[1]);
  return found
    .filter((digits) => digits !== undefined)
    .map(Number)
    .sort((a, b) => a - b);
}

function compact(text: string): string {
  return JSON.stringify(JSON.parse(text));
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
