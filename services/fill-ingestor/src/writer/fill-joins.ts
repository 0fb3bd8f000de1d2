/**
 * One fill under two ids (B9): the one first seen stays on the log, the other points to it. What is
 * told under an id that points is a report of the fill that it points to.
 */

import { compareAcrossSources, isFinal, judgeStatus } from '@polytraders/domain';
import { type Lookup, type Put } from '@polytraders/stream';
import { type Accounts } from '../accounts.ts';
import { TICK } from '../amounts.ts';
import { type Arriving, contentOf, contentOfState, contradictionOf } from './fill-content.ts';
import { failedEntry } from './fill-records.ts';
import { contradicts, mismatch, opposite, placeless } from './fill-refusals.ts';
import {
  climb,
  heir,
  ignored,
  joined,
  type Outcome,
  placeLeft,
  putsOf,
  stateOf,
} from './fill-ladder.ts';
import { type Entity, type FillState } from './state.ts';

/** The same place on the chain under another id: the id first seen stays, this one points to it. */
export function stepUnderOtherId(
  arriving: Arriving,
  placed: FillState,
  lookup: Lookup<Entity>,
  accounts: Accounts,
): Outcome {
  const differences = compareAcrossSources(contentOf(arriving), contentOfState(placed), TICK);
  if (differences.length > 0) return mismatch(arriving, placed, differences);
  const alias = pointing(stateOf(arriving, null, accounts), placed);
  return told(arriving, placed, putsOf(alias), [], lookup, accounts);
}

/** A provisional fill turns out to stand on the log already: it is closed in favour of that one. */
export function joinLate(
  arriving: Arriving,
  known: FillState,
  placed: FillState,
  lookup: Lookup<Entity>,
  accounts: Accounts,
): Outcome {
  const differences = compareAcrossSources(contentOf(arriving), contentOfState(placed), TICK);
  if (differences.length > 0 || isFinal(known.status))
    return mismatch(arriving, placed, differences);
  const entry = failedEntry(arriving.event, known, arriving.draft, placed.fillId);
  const closed = {
    ...pointing({ ...known, status: arriving.draft.status }, placed),
    eventId: entry.event_id,
  };
  const puts = [...placeLeft(known, closed), ...putsOf(closed)];
  return told(arriving, heir(placed, known), puts, [entry], lookup, accounts);
}

/** A report under an id that points to another fill. */
export function stepPointing(
  arriving: Arriving,
  alias: FillState,
  placed: FillState | null,
  lookup: Lookup<Entity>,
  accounts: Accounts,
): Outcome {
  const contradiction = contradictionOf(arriving, alias);
  if (contradiction !== null) return contradicts(arriving, alias, contradiction);
  if (placed !== null && placed.fillId !== alias.joinedTo)
    return mismatch(arriving, placed, ['id']);
  const { status } = arriving.draft;
  switch (judgeStatus(alias.status, status)) {
    case 'repeat':
    case 'behind':
      return ignored('joined');
    case 'conflict':
      return opposite(arriving, alias, alias.status);
    case 'advance':
      if (placed === null) return placeless(arriving, alias);
      return told(arriving, placed, putsOf({ ...alias, status }), [], lookup, accounts);
  }
}

/**
 * Tells the fill that stands what arrived under another id. `puts` and `entries` are what becomes
 * of the other id, and happen whatever the fill makes of it.
 */
function told(
  arriving: Arriving,
  placed: FillState,
  puts: readonly Put<Entity>[],
  entries: Extract<Outcome, { readonly outcome: 'applied' }>['entries'],
  lookup: Lookup<Entity>,
  accounts: Accounts,
): Outcome {
  const target = joined(placed, arriving.draft.source);
  const renamed = { ...arriving, draft: { ...arriving.draft, fillId: placed.fillId } };
  const step = climb(renamed, target, lookup, accounts);
  if (step.outcome === 'ignored') {
    return { outcome: 'applied', puts: [...puts, ...putsOf(target)], entries };
  }
  return { ...step, puts: [...puts, ...(step.puts ?? [])], entries: [...entries, ...step.entries] };
}

/** A state under its own id that only points: it has no place and nothing of it is on the log. */
function pointing(state: FillState, to: FillState): FillState {
  return { ...state, joinedTo: to.fillId, txHash: null, orderHash: null, hasPlace: false };
}
