/**
 * Ledger text: what was, what happened, what came out, what is; in words that an accountant reads.
 *
 *     ; Comments start with a semicolon.
 *     #given
 *       fill f1, bot mm, BUY 100 YES at 0.50, taker, fee 25 bps
 *     #apply
 *       fill f2, bot mm, SELL 100 YES at 0.70, taker, fee 25 bps
 *     #emitted
 *       report f2, realised 20, gross fee 0.175
 *     #after
 *       position mm YES, shares 0, realised 20
 *
 * A line is a verb with its subject, then clauses; a clause is a tag with its value. Sections,
 * verbs and tags are those of the grammar that the caller gives: anything else fails the parse,
 * with the number of the line, so that a misspelt expectation cannot pass by being overlooked.
 */

export const LEDGER_SECTIONS = ['given', 'apply', 'emitted', 'after'] as const;
export type LedgerSection = (typeof LEDGER_SECTIONS)[number];

/** Which verbs a section knows, and which tags each verb. */
export type LedgerGrammar = Readonly<
  Record<LedgerSection, Readonly<Record<string, readonly string[]>>>
>;

export type LedgerLine = {
  /** Number of the line in the text, from 1. */
  readonly at: number;
  readonly verb: string;
  readonly subject: string;
  readonly clauses: ReadonlyMap<string, string>;
};

export type LedgerText = Readonly<Record<LedgerSection, readonly LedgerLine[]>>;

/** Parses a ledger text. Throws a sentence with the line number where it is not understood. */
export function parseLedgerText(text: string, grammar: LedgerGrammar): LedgerText {
  const sections: Record<LedgerSection, LedgerLine[]> = {
    given: [],
    apply: [],
    emitted: [],
    after: [],
  };
  let current: LedgerSection | null = null;
  const seen: LedgerSection[] = [];
  text.split('\n').forEach((raw, index) => {
    const at = index + 1;
    const line = raw.trim();
    if (line === '' || line.startsWith(';')) return;
    if (line.startsWith('#')) {
      current = sectionOf(line.slice(1), seen, at);
      return;
    }
    if (current === null) throw refusal(at, `a section comes first; found "${line}"`);
    sections[current].push(lineOf(line, grammar[current], current, at));
  });
  for (const section of ['apply', 'after'] as const) {
    if (!seen.includes(section)) throw refusal(0, `#${section} is missing`);
  }
  return sections;
}

function sectionOf(name: string, seen: LedgerSection[], at: number): LedgerSection {
  const section = LEDGER_SECTIONS.find((known) => known === name);
  if (section === undefined) {
    throw refusal(at, `#${name} is no section; known are ${LEDGER_SECTIONS.join(', ')}`);
  }
  const last = seen[seen.length - 1];
  if (last !== undefined && LEDGER_SECTIONS.indexOf(section) <= LEDGER_SECTIONS.indexOf(last)) {
    throw refusal(at, `#${section} stands after #${last}`);
  }
  seen.push(section);
  return section;
}

function lineOf(
  line: string,
  verbs: Readonly<Record<string, readonly string[]>>,
  section: LedgerSection,
  at: number,
): LedgerLine {
  const [head = '', ...rest] = line.split(',').map((part) => part.trim());
  const [verb, subject] = splitWord(head);
  const tags = verbs[verb];
  if (tags === undefined) {
    throw refusal(
      at,
      `"${verb}" is unknown in #${section}; known are ${Object.keys(verbs).join(', ')}`,
    );
  }
  const clauses = new Map<string, string>();
  for (const clause of rest) {
    const tag = tagOf(clause, tags);
    if (tag === null)
      throw refusal(at, `"${clause}" has no known tag; ${verb} knows ${tags.join(', ')}`);
    if (clauses.has(tag)) throw refusal(at, `"${tag}" stands twice`);
    clauses.set(tag, clause.slice(tag.length).trim());
  }
  return { at, verb, subject, clauses };
}

/** The longest tag that the clause begins with, as whole words. */
function tagOf(clause: string, tags: readonly string[]): string | null {
  const fitting = tags.filter((tag) => clause === tag || clause.startsWith(`${tag} `));
  return fitting.sort((a, b) => b.length - a.length)[0] ?? null;
}

function splitWord(text: string): readonly [string, string] {
  const space = text.indexOf(' ');
  return space === -1 ? [text, ''] : [text.slice(0, space), text.slice(space + 1).trim()];
}

function refusal(at: number, what: string): Error {
  return new Error(
    at === 0 ? `Ledger text: ${what}.` : `Ledger text, line ${String(at)}: ${what}.`,
  );
}
