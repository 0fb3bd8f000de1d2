import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';

import { afterAll, describe, expect, test } from '@jest/globals';

import { codec, schemaOf } from '../codec.ts';
import { SCHEMAS } from '../generated/schemas.ts';
import { toJson } from '../json-form.ts';
import { compatibilityFindings, lintFindings } from './compatibility.ts';
import { committedHashes, fileHashes, release, RELEASED_DIRECTORY, releases } from './releases.ts';

type Golden = { readonly name: string; readonly bytes: string; readonly json: object };

const all = releases();
const releasedTypes = [...new Set(all.map(({ type }) => type))];
const copy = `${mkdtempSync(`${tmpdir()}/releases-`)}/`;

afterAll(() => {
  rmSync(copy, { recursive: true });
});

test.each(Object.entries(SCHEMAS))('%s keeps to the house', (_type, schema) => {
  expect(lintFindings(schema)).toEqual([]);
});

test('what was released is as it was released, byte for byte', () => {
  expect(fileHashes()).toEqual(committedHashes());
});

describe.each(releasedTypes)('%s', (type) => {
  const versions = all.filter((each) => each.type === type);

  test('has versions that all read each other', () => {
    expect(compatibilityFindings(versions.map(({ schema }) => schema))).toEqual([]);
  });

  test('is written as its latest release says (npm run -w libs/contracts release)', () => {
    expect(schemaOf(type)).toBe(versions.at(-1)?.schema);
  });

  test.each(versions)(
    'v$version: its golden bytes still say what they said',
    ({ version, schema }) => {
      const file = `${RELEASED_DIRECTORY}${type}/v${version}.golden.json`;
      const goldens = JSON.parse(readFileSync(file, 'utf8')) as readonly Golden[];
      expect(goldens.length).toBeGreaterThan(0);
      const decode = codec.decoderOf(schema);
      for (const { bytes, json } of goldens) {
        const { value } = decode(Buffer.from(bytes, 'hex'));
        expect(toJson(type, value as never)).toMatchObject(json);
      }
    },
  );
});

describe('a release', () => {
  cpSync(RELEASED_DIRECTORY, copy, { recursive: true });

  test('of what is released already is refused', () => {
    expect(() => release('Alert', copy)).toThrow('Alert is released as it is: version 1.');
  });

  test('that no older version could read is refused, and writes nothing', () => {
    const earlier = SCHEMAS.Alert.replace(
      '"name":"subject","type":"string"',
      '"name":"topic_of_it","type":"string"',
    );
    writeFileSync(`${copy}Alert/v1.avsc`, earlier);
    expect(() => release('Alert', copy)).toThrow('Alert cannot be released.');
    expect(existsSync(`${copy}Alert/v2.avsc`)).toBe(false);
  });

  test('adds a version, its examples and its hash', () => {
    rmSync(`${copy}WindowClosed`, { recursive: true });
    const known = new Set(Object.keys(fileHashes(copy)));
    expect(release('WindowClosed', copy).version).toBe(1);
    const added = Object.keys(committedHashes(copy)).filter((path) => !known.has(path));
    expect(added).toEqual(['WindowClosed/v1.avsc', 'WindowClosed/v1.golden.json']);
  });
});
