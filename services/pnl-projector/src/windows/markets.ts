/** What a cut's lines and facts say of markets: definitions, resolutions, marks. */

import { type Cut, type Definition } from './cut.ts';
import { marksWith } from './marks.ts';
import { type MarketsState, type QuestionSince } from './state.ts';

/**
 * Definitions, resolutions and marks that the cut brings. As in the books, what was defined first
 * stays, except where it was made from a file, and an event's questions are only added.
 */
export function marketsWith(before: MarketsState, cut: Cut): MarketsState {
  const { resolved, marks, lastLines } = cut;
  const { conditions, events } = definedBy(before, cut.definitions);
  const isSame = conditions === before.conditions && events === before.events;
  if (isSame && resolved.length + marks.length + lastLines.length === 0) return before;
  const payouts = new Map(before.payouts);
  for (const { conditionId, numerators, at } of resolved) {
    // Another resolution of the same condition is a conflict, which the books refuse too.
    if (!payouts.has(conditionId)) payouts.set(conditionId, { numerators, at });
  }
  const known = { conditions, events };
  const waiting = waitingWith(before.waiting, known, cut);
  return { kind: 'markets', ...known, payouts, waiting, marks: marksWith(before.marks, marks) };
}

type Known = Pick<MarketsState, 'conditions' | 'events'>;

function definedBy(before: Known, definitions: readonly Definition[]): Known {
  if (definitions.length === 0) return before;
  const conditions = new Map(before.conditions);
  const events = new Map(before.events);
  for (const definition of definitions) {
    const { conditionId, tokens, synthesised, negRiskMarketId: event } = definition;
    if (conditions.get(conditionId)?.synthesised ?? true)
      conditions.set(conditionId, { tokens, synthesised });
    if (event === null) continue;
    const listed = events.get(event) ?? [];
    const after = questionsWith(listed, definition);
    if (after !== listed) events.set(event, after);
  }
  return { conditions, events };
}

/** An event's questions with those that it did not have. One that is added has a first day. */
function questionsWith(
  known: readonly QuestionSince[],
  { questions, at }: Definition,
): readonly QuestionSince[] {
  const fresh = questions.filter(({ index }) => !known.some((one) => one.index === index));
  if (fresh.length === 0) return known;
  const since = known.length === 0 ? 0 : at;
  return [...known, ...fresh.map((one) => ({ ...one, since }))].sort((a, b) => a.index - b.index);
}

/**
 * The tokens of lines that nothing is known of yet: a definition that comes after a window was
 * closed says something new of it.
 */
function waitingWith(
  before: MarketsState['waiting'],
  known: Known,
  { definitions, lastLines }: Cut,
): MarketsState['waiting'] {
  const defined = tokensDefined(known.conditions);
  const listed = tokensListed(known.events);
  const isKnown = (token: string, isOfEvent: boolean): boolean =>
    listed.has(token) || (defined.has(token) && !isOfEvent);
  const after = new Map(before);
  for (const { token, negRisk, since: day } of lastLines) {
    const isOfEvent = negRisk === true;
    if (isKnown(token, isOfEvent)) continue;
    const since = after.get(token)?.since ?? day;
    after.set(token, { since: since < day ? since : day, isOfEvent });
  }
  for (const one of definitions) {
    for (const token of tokensOf([one])) {
      const isOfEvent = (after.get(token)?.isOfEvent ?? false) || one.negRiskMarketId !== null;
      if (isKnown(token, isOfEvent)) after.delete(token);
    }
  }
  return after;
}

const definedBefore = new WeakMap<Known['conditions'], ReadonlySet<string>>();
const listedBefore = new WeakMap<Known['events'], ReadonlySet<string>>();

/** Tokens whose definition was no file's. Remembered: most cuts bring no definition. */
function tokensDefined(conditions: Known['conditions']): ReadonlySet<string> {
  const known = definedBefore.get(conditions);
  if (known !== undefined) return known;
  const real = [...conditions.values()].filter(({ synthesised }) => !synthesised);
  const defined = new Set(real.flatMap(({ tokens }) => tokens));
  definedBefore.set(conditions, defined);
  return defined;
}

/** Tokens that an event lists. */
function tokensListed(events: Known['events']): ReadonlySet<string> {
  const known = listedBefore.get(events);
  if (known !== undefined) return known;
  const listed = new Set([...events.values()].flat().flatMap(({ yes, no }) => [yes, no]));
  listedBefore.set(events, listed);
  return listed;
}

/** The first day of a line of a token that these definitions are the first to say something of. */
export function daysDefined({ waiting }: MarketsState, { definitions }: Cut): readonly string[] {
  if (waiting.size === 0) return [];
  return [...tokensOf(definitions)].flatMap((token) => waiting.get(token)?.since ?? []);
}

function tokensOf(definitions: readonly Definition[]): ReadonlySet<string> {
  const all = definitions.flatMap(({ tokens, questions }) => [
    ...tokens,
    ...questions.flatMap(({ yes, no }) => [yes, no]),
  ]);
  return new Set(all);
}
