/**
 * Fills and the opening balance of their account (rule B13): what that holds is booked no second
 * time, and what is booked says how far back the account reaches.
 */

import { type Lookup } from '@polytraders/stream';
import { type Entry } from './entry.ts';
import { type Arriving } from './fill-content.ts';
import { confirmedAtOf } from './fill-days.ts';
import { type Outcome, putsOf } from './fill-ladder.ts';
import { failedEntry } from './fill-records.ts';
import { countedTwice, setAside } from './fill-refusals.ts';
import { begunPuts, insideSentence, isInside } from './opening.ts';
import { type Entity, type FillState } from './state.ts';

/** What is known of the fill of a report. */
export type Known = {
  /** Under its own id, and at its place. */
  readonly known: FillState | null;
  readonly placed: FillState | null;
  /** Whether its source may book it. */
  readonly isOfRecord: boolean;
};

/**
 * The report set aside where the opening balance holds its fill; null where it does not. Until a
 * fill is final only its block says so. What was pending of it is closed: it is no inflow any more.
 */
export function stepInside(
  arriving: Arriving,
  { known, placed, isOfRecord }: Known,
): Outcome | null {
  const { event, draft, opening } = arriving;
  if (opening === null || draft.status === 'FAILED') return null;
  // Under an id that only points: which fill that is, its place says.
  if (known?.joinedTo != null && placed === null) return null;
  const fill = placed ?? known;
  if (fill?.status === 'CONFIRMED') {
    const { blockNumber: block } = draft;
    const isNews = fill.blockNumber === null && block !== null && opening.block !== null;
    return isNews && block <= opening.block ? countedTwice(arriving, fill, opening) : null;
  }
  if (fill !== null && (draft.status !== 'CONFIRMED' || !isOfRecord)) return null;
  const block = draft.blockNumber ?? fill?.blockNumber ?? null;
  const at = confirmedAtOf(event, draft);
  const isTimed = draft.status === 'CONFIRMED';
  if (!isTimed && (block === null || opening.block === null)) return null;
  if (!isInside(opening, { block, at })) return null;
  const because = insideSentence(`fill ${draft.fillId}`, { block, at }, opening);
  const step = setAside(arriving, null, 'GOV_BEFORE_OPENING', because);
  if (step.outcome === 'ignored') return step;
  const pending = [known, placed].flatMap((one) => (isPending(one) ? [one] : []));
  const closed = [...new Set(pending)].map((one): { entry: Entry; after: FillState } => {
    const entry = failedEntry(event, one, draft, null);
    return { entry, after: { ...one, status: 'FAILED', eventId: entry.event_id } };
  });
  return {
    ...step,
    puts: [...(step.puts ?? []), ...closed.flatMap(({ after }) => putsOf(after))],
    entries: [...closed.map(({ entry }) => entry), ...step.entries],
  };
}

function isPending(fill: FillState | null): fill is FillState {
  if (fill === null || fill.joinedTo !== null) return false;
  return fill.status === 'MATCHED' || fill.status === 'MINED';
}

/** The step, and how far back the account reaches by what it has booked, or learned of that. */
export function withBegun(step: Outcome, lookup: Lookup<Entity>): Outcome {
  if (step.outcome === 'ignored') return step;
  const [fill] = (step.puts ?? []).flatMap(({ entity }) =>
    entity?.kind === 'fill' && entity.status === 'CONFIRMED' && entity.joinedTo === null
      ? [entity]
      : [],
  );
  if (fill === undefined || fill.confirmedAt === null) return step;
  const stands = { block: fill.blockNumber, at: fill.confirmedAt };
  const begun = begunPuts(lookup, fill, stands);
  return begun.length === 0 ? step : { ...step, puts: [...(step.puts ?? []), ...begun] };
}
