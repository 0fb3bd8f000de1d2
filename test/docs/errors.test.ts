import { describe, expect, test } from '@jest/globals';

import { type CodeType, codeTypes, codeTypesOf } from './literals.ts';
import { pageAt } from './pages.ts';

type Section = {
  readonly types: readonly string[];
  readonly files: readonly string[];
  readonly codes: readonly string[];
};

/** A section names its types in the heading, links their file and has a table row for each code. */
function sectionsOf(text: string): readonly Section[] {
  return text
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const [heading = ''] = section.split('\n');
      return {
        types: [...heading.matchAll(/`(\w+)`/g)].map(([, name = '']) => name),
        files: [...section.matchAll(/\]\(\.\.\/([^)#]+\.ts)\)/g)].map(([, path = '']) => path),
        codes: [...section.matchAll(/^\| `([A-Z0-9_]+)` \|/gm)].map(([, code = '']) => code),
      };
    });
}

const sections = sectionsOf(pageAt('docs/errors.md').text);
const types = codeTypes();

function inSection(type: CodeType, section: Section): boolean {
  return section.types.includes(type.name) && section.files.includes(type.path);
}

describe('docs/errors.md', () => {
  test('every type of error codes has a section', () => {
    const lonely = types.filter((type) => !sections.some((section) => inSection(type, section)));
    expect(lonely).toEqual([]);
  });

  test.each(sections.map((section) => [section.types.join(', '), section] as const))(
    'explains every code of %s, once, and no other',
    (_, section) => {
      const mine = types.filter((type) => inSection(type, section));
      const declared = mine.flatMap(({ codes }) => codes);
      expect([...section.codes].sort()).toEqual([...declared].sort());
    },
  );
});

describe('codes are found', () => {
  test('in unions and in members, but not in words that are no codes', () => {
    const text = `
      export type XErrorCode = 'ONE' | 'TWO';
      export type YError = { readonly code: 'THREE' | 'FOUR'; readonly kind: 'refusal' };
      export type Colour = 'RED';
      export type ZRefusal = { readonly kind: 'refusal' };`;
    expect(codeTypesOf('a.ts', text)).toEqual([
      { path: 'a.ts', name: 'XErrorCode', codes: ['ONE', 'TWO'] },
      { path: 'a.ts', name: 'YError', codes: ['THREE', 'FOUR'] },
    ]);
  });
});
