/**
 * The repository's own tidiness. Each rule is a function from files to complaints; each is run on
 * the repository, where it must find nothing, and on a bad snippet, where it must find something.
 */

import { beforeAll, describe, expect, test } from '@jest/globals';
import { allTopics, schemaOf } from '@polytraders/contracts';
import { halfContracts } from './tidy/contracts.ts';
import { brokenLinks, errorCodesOf, registryHosts, undocumentedCodes } from './tidy/documents.ts';
import { repositoryFiles, type Complaint, type SourceFile } from './tidy/files.ts';
import frozen from './tidy/frozen.json' with { type: 'json' };
import { hashOf, thawed } from './tidy/frozen.ts';
import { neverImported, runtimeThatKnows, wrongImports } from './tidy/imports.ts';
import { longFiles, longFunctions, untidyWords, wideLines } from './tidy/limits.ts';
import { impureCode } from './tidy/pure-code.ts';

type Check = (files: readonly SourceFile[]) => readonly Complaint[];

let files: readonly SourceFile[] = [];
beforeAll(() => {
  files = repositoryFiles();
});

function contractsCheck(all: readonly SourceFile[]): readonly Complaint[] {
  const onTopics = allTopics().flatMap(({ records }) => [...records]);
  const inCodec = Object.fromEntries(onTopics.map((name) => [name, schemaOf(name)]));
  return halfContracts(all, { onTopics, inCodec });
}

describe('in this repository', () => {
  const rules: readonly (readonly [string, Check])[] = [
    ['imports follow the arrows', wrongImports],
    ['every file is imported or started', neverImported],
    ['the runtime names no service and no topic of ours', runtimeThatKnows],
    ['pure code has no clock, no chance, no floating point', impureCode],
    ['no line is wider than 100 columns', wideLines],
    ['no file is longer than its limit', longFiles],
    ['no function is longer than 70 lines', longFunctions],
    ['nothing is left unfinished', untidyWords],
    ['applied migrations are as they were applied', (all) => thawed(all, frozen)],
    ['every record has schema, topic, codec and fixture', contractsCheck],
    ['every relative link of a document resolves', brokenLinks],
    ['every error code is explained under docs/', undocumentedCodes],
    ['no file names a package registry', registryHosts],
  ];
  test.each(rules)('%s', (_claim, check) => {
    expect(check(files)).toEqual([]);
  });

  test('there are files to look at', () => {
    expect(files.map(({ path }) => path)).toContain('libs/money/src/index.ts');
  });
});

function complaintsOf(check: Check, path: string, text: string): readonly Complaint[] {
  return check([{ path, text }]);
}

const bad: readonly (readonly [string, Check, string, string, RegExp])[] = [
  [
    'an import against the arrows',
    wrongImports,
    'libs/domain/src/fill.ts',
    "import { run } from '@polytraders/runtime';",
    /fill\.ts:1 imports @polytraders\/runtime; it may import money/,
  ],
  [
    'a service that imports another',
    wrongImports,
    'services/pnl-projector/src/main.ts',
    "import {\n  a,\n} from '@polytraders/fill-ingestor';",
    /imports @polytraders\/fill-ingestor/,
  ],
  [
    'a path into another package',
    wrongImports,
    'libs/stream/src/step.ts',
    "export { x } from '../../money/src/index.ts';",
    /reaches into libs\/money/,
  ],
  [
    'an import without its ending',
    wrongImports,
    'libs/money/src/a.ts',
    "import { b } from './b';",
    /end in \.ts/,
  ],
  ['a file that nothing imports', neverImported, 'libs/money/src/lonely.ts', '', /lonely\.ts/],
  [
    'a clock in pure code',
    impureCode,
    'libs/domain/src/a.ts',
    'const now = Date.now();',
    /Date\.now in pure code: take the time from the event/,
  ],
  [
    'a clock in the fold of a service',
    impureCode,
    'services/a/src/fold.ts',
    'const now = performance.now();',
    /performance\.now in pure code/,
  ],
  [
    'a package from outside in pure code',
    wrongImports,
    'libs/domain/src/a.ts',
    "import pg from 'pg';",
    /pure code imports nothing from outside/,
  ],
  [
    'the runtime in the fold of a service',
    wrongImports,
    'services/a/src/fold.ts',
    "import { run } from '@polytraders/runtime';",
    /only main\.ts and the shell/,
  ],
  [
    'a topic of ours in the runtime',
    runtimeThatKnows,
    'libs/runtime/src/a.ts',
    "if (topic === 'polytraders.ledger.events') return;",
    /names polytraders\.ledger/,
  ],
  ['a number by another way', impureCode, 'libs/money/src/a.ts', 'globalThis.Number(x)', /Number/],
  ['floating point in money', impureCode, 'libs/money/src/a.ts', 'Number(text)', /Number\(/],
  ['a wide line', wideLines, 'libs/a/src/a.ts', 'x'.repeat(101), /101 columns/],
  ['a long file', longFiles, 'libs/a/src/a.ts', 'x\n'.repeat(401), /401 lines, at most 400/],
  ['a long main', longFiles, 'services/a/src/main.ts', 'x\n'.repeat(26), /at most 25/],
  ['a long processor', longFiles, 'services/a/src/processor.ts', 'x\n'.repeat(101), /most 100/],
  [
    'a long function',
    longFunctions,
    'libs/a/src/a.ts',
    `function much() {\n${'  call();\n'.repeat(70)}}`,
    /much has 72 lines/,
  ],
  ['unfinished business', untidyWords, 'libs/a/src/a.ts', '// FIXME later', /is unfinished/],
  ['a room without a purpose', untidyWords, 'libs/a/src/utils/b.ts', '', /says nothing/],
  ['a room of anything', untidyWords, 'libs/a/src/data/b.ts', '', /says nothing/],
  ['a dead link', brokenLinks, 'docs/a.md', 'see [b](./b.md#top)', /a\.md:1 links to \.\/b\.md/],
  ['a dead link with a title', brokenLinks, 'docs/a.md', '[b](b.md "B")', /links to b\.md/],
  ['a dead link by reference', brokenLinks, 'docs/a.md', '[b]: b.md', /links to b\.md/],
  [
    'an error code that no page explains',
    undocumentedCodes,
    'libs/a/src/errors.ts',
    "export type AErrorCode = 'A_BROKE' | 'A_BENT';",
    /A_BROKE/,
  ],
  [
    'a registry in the lockfile',
    registryHosts,
    'package-lock.json',
    '"resolved": "https://packages.example/a.tgz"',
    /resolved address/,
  ],
  [
    'a registry in a script',
    registryHosts,
    'a.sh',
    `npm --registry https://${['registry', 'npmjs', 'org'].join('.')}`,
    /names the package registry/,
  ],
];

describe('the rules find', () => {
  test.each(bad)('%s', (_what, check, path, text, said) => {
    expect(complaintsOf(check, path, text).join('\n')).toMatch(said);
  });

  test('a file that nothing imports, though another of its name is imported', () => {
    const other = { path: 'libs/a/src/index.ts', text: "export { x } from './rows.ts';" };
    const files = [other, { path: 'libs/a/src/rows.ts', text: '' }];
    const lost = { path: 'libs/b/src/rows.ts', text: '' };
    expect(neverImported([...files, lost]).join('\n')).toMatch(
      /libs\/b\/src\/rows\.ts is imported/,
    );
    expect(neverImported([...files, lost]).join('\n')).not.toMatch(/libs\/a\/src\/rows\.ts/);
  });

  test('a migration that was edited, one that is gone and one that is new', () => {
    const path = 'services/a/sql/000001-first.sql';
    const gone = 'services/a/sql/000002-second.sql';
    const list = { [path]: hashOf('CREATE TABLE a ();'), [gone]: hashOf('') };
    const now = [
      { path, text: 'CREATE TABLE b ();' },
      { path: 'libs/a/sql/000003-third.sql', text: '' },
    ];
    const complaints = thawed(now, list).join('\n');
    expect(complaints).toMatch(/000001-first\.sql was applied and has changed/);
    expect(complaints).toMatch(/000002-second\.sql was applied and is gone/);
    expect(complaints).toMatch(/000003-third\.sql is not frozen yet/);
  });

  test('a record that stands on a topic but has no schema, codec or fixture', () => {
    const complaints = halfContracts([], { onTopics: ['Lost'], inCodec: {} });
    expect(complaints).toHaveLength(3);
  });

  test('a codec of another schema text', () => {
    const names = { onTopics: ['Kept'], inCodec: { Kept: '{"name":"Kept","fields":[]}' } };
    const schema = { path: 'schemas/Kept.avsc', text: '{"name":"Kept","fields":[1]}' };
    const fixture = { path: 'libs/contracts/fixtures/Kept.json', text: '{}' };
    expect(halfContracts([schema, fixture], names).join('\n')).toMatch(/another schema text/);
  });
});

describe('the rules let be', () => {
  test('a ban that is excused with a reason, here or a line above', () => {
    const text = 'Number(x); // tidy-ok: x is a checked integer.\n// tidy-ok: so is y.\nNumber(y);';
    expect(complaintsOf(impureCode, 'libs/money/src/a.ts', text)).toEqual([]);
  });

  test('an excuse beside code is for that line alone', () => {
    const text = 'Number(x); // tidy-ok: x is a checked integer.\nNumber(y);';
    expect(complaintsOf(impureCode, 'libs/money/src/a.ts', text)).toHaveLength(1);
  });

  test('an excuse without a reason is none', () => {
    const text = 'Number(x); // tidy-ok:';
    expect(complaintsOf(impureCode, 'libs/money/src/a.ts', text)).toHaveLength(1);
  });

  test('a factory whose named functions are each short', () => {
    const one = `  function short() {\n${'    call();\n'.repeat(40)}  }\n`;
    const text = `function factory() {\n${one}${one.replace('short', 'other')}}\n`;
    expect(complaintsOf(longFunctions, 'libs/a/src/a.ts', text)).toEqual([]);
  });

  test('error codes are read from the type, not from the text', () => {
    const text = "export type XErrorCode = 'ONE' | 'TWO';\nconst other = 'THREE';";
    expect(errorCodesOf({ path: 'a.ts', text })).toEqual(['ONE', 'TWO']);
  });
});
