/** What a cut's lines and facts say of markets: definitions, resolutions, marks. */

import { type Cut, type Definition } from './cut.ts';
import { marksWith } from './marks.ts';
import { type MarketsState, type QuestionSince } from './state.ts';

/**
 * Definitions, resolutions and marks that the cut brings. As in the books, what was defined first
 * stays, except where it was made from a file, and an event's questions are only added.
 */
export function marketsWith(before: MarketsState, cut: Cut): MarketsState {
  const { definitions, resolved, marks, lastLines } = cut;
  if (definitions.length + resolved.length + marks.length + lastLines.length === 0) return before;
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
  const payouts = new Map(before.payouts);
  for (const { conditionId, numerators, at } of resolved) {
    // Another resolution of the same condition is a conflict, which the books refuse too.
    if (!payouts.has(conditionId)) payouts.set(conditionId, { numerators, at });
  }
  const known = { conditions, events };
  const waiting = waitingWith(before.waiting, known, cut);
  return { kind: 'markets', ...known, payouts, waiting, marks: marksWith(before.marks, marks) };
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
  known: Pick<MarketsState, 'conditions' | 'events'>,
  { definitions, lastLines }: Cut,
): MarketsState['waiting'] {
  if (lastLines.length === 0 && (before.size === 0 || definitions.length === 0)) return before;
  const tokens = [...known.conditions.values()].filter(({ synthesised }) => !synthesised);
  const defined = new Set(tokens.flatMap((one) => one.tokens));
  const listed = new Set([...known.events.values()].flat().flatMap(({ yes, no }) => [yes, no]));
  const isKnown = (token: string, negRisk: boolean | null): boolean =>
    listed.has(token) || (defined.has(token) && negRisk !== true);
  const after = new Map(before);
  for (const { token, negRisk, since } of lastLines) {
    if (isKnown(token, negRisk)) continue;
    const first = after.get(token) ?? since;
    after.set(token, first < since ? first : since);
  }
  for (const one of definitions) {
    // A market of an event is known once its event lists it.
    const isOfEvent = one.negRiskMarketId !== null;
    for (const token of tokensOf([one])) if (isKnown(token, isOfEvent)) after.delete(token);
  }
  return after;
}

/** The first day of a line of a token that these definitions are the first to say something of. */
export function daysDefined({ waiting }: MarketsState, { definitions }: Cut): readonly string[] {
  if (waiting.size === 0) return [];
  return [...tokensOf(definitions)].flatMap((token) => waiting.get(token) ?? []);
}

function tokensOf(definitions: readonly Definition[]): ReadonlySet<string> {
  const all = definitions.flatMap(({ tokens, questions }) => [
    ...tokens,
    ...questions.flatMap(({ yes, no }) => [yes, no]),
  ]);
  return new Set(all);
}
