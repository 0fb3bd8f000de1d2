/**
 * Movements: what the chain, or a file, says of shares and cash that moved without a trade.
 *
 * Identity (B9) is the transaction, the account and the place within both (movement-content.ts).
 * Who tells it first is on the log; the same again is a duplicate, whichever source tells it; other
 * content is a conflict. Where an account declares the chain, the chain alone books: a file there
 * confirms, or is set aside.
 */

import { type Lookup, type Put, type Step } from '@polytraders/stream';
import { type Accounts } from '../accounts.ts';
import { type MovementDraft } from '../draft.ts';
import { type InboxEvent } from '../inbox-event.ts';
import { doubtPuts, doubtsOf } from './doubts.ts';
import { type Entry } from './entry.ts';
import { movedDayPuts } from './fill-days.ts';
import { heldPuts } from './held.ts';
import { contentOf, differencesOf, placeIn, toldIn } from './movement-content.ts';
import { movementEntry } from './movement-record.ts';
import { wholeMovement } from './movement-whole.ts';
import { begunPuts, insideSentence, isInside, openingOf } from './opening.ts';
import { useMarket } from './markets.ts';
import { quarantine, type QuarantineReason } from './quarantine.ts';
import { claimsKey, type Entity, type Moved, movedKey, type MovedState } from './state.ts';

type Outcome = Step<Entity, Entry>;

/** One movement as a source tells it. */
export function stepMovement(
  event: InboxEvent,
  draft: MovementDraft,
  lookup: Lookup<Entity>,
  accounts: Accounts,
): Outcome {
  const state = movedAt(event, draft, lookup);
  const told = toldIn(state, draft);
  const opening = openingOf(lookup, draft.account);
  const stands = { block: draft.value.block_number, at: draft.effectiveAt };
  const inside = opening !== null && isInside(opening, stands) ? opening : null;
  if (told !== null) {
    const isTwice = inside?.block != null && stands.block !== null && told.source !== draft.source;
    return isTwice ? countedTwice(event, draft, told, lookup) : again(event, draft, told, lookup);
  }
  if (inside !== null) {
    const because = insideSentence(nameOf(draft), stands, inside);
    return aside(event, draft, 'GOV_BEFORE_OPENING', because);
  }
  if (draft.source === 'file' && isOfChain(accounts, draft.account)) return unmatched(event, draft);
  const whole = wholeMovement(event.partition, draft, lookup);
  if (whole.kind === 'empty') return { outcome: 'ignored', because: 'empty' };
  if (whole.kind === 'aside') return aside(event, draft, whole.reason, whole.because);
  // Only now an export's conversion has its index set, and with it its place.
  const same = state.places.get(placeIn(whole.movement));
  if (same !== undefined) return again(event, { ...draft, ...whole.movement }, same, lookup);
  const { partition } = event;
  const { account } = draft;
  const job = jobOf(lookup, account, draft.value.tx_hash);
  const entry = movementEntry(event, draft, whole.movement, job, whole.reason);
  const market =
    whole.market === null
      ? { puts: [], entries: [] }
      : useMarket(event, lookup, whole.market.names, whole.market.facts, account);
  const moved: Moved = {
    type: draft.type,
    source: draft.source,
    content: contentOf(whole.movement),
    unplacedAt: stands.block === null ? (draft.effectiveAt ?? event.receivedAt) : null,
    eventId: entry.event_id,
    bytes: event.bytes,
  };
  const places = new Map([...state.places, [placeIn(whole.movement), moved]]);
  return {
    outcome: 'applied',
    puts: [
      ...market.puts,
      ...heldPuts(lookup, { partition, account }, whole.held, null),
      put({ ...state, places }),
      ...movedDayPuts(lookup, event, draft.effectiveAt),
      ...begunPuts(lookup, { partition, account }, stands),
    ],
    entries: [...market.entries, entry],
  };
}

/** Whether the chain is among the sources that are declared for an account. */
function isOfChain(accounts: Accounts, account: string): boolean {
  const declared = accounts.get(account);
  if (declared === undefined) return false;
  return declared.sourceOfRecord === 'chain' || declared.otherSources.includes('chain');
}

/** A movement that is told again: a duplicate, or a conflict that puts the account in doubt. */
function again(
  event: InboxEvent,
  draft: MovementDraft,
  told: Moved,
  lookup: Lookup<Entity>,
): Outcome {
  const differences = differencesOf(draft, told);
  if (differences.length === 0) return { outcome: 'ignored', because: 'duplicate' };
  const because =
    `Expected ${nameOf(draft)} as ${told.source} told it first; ` +
    `found another ${differences.join(', ')}.`;
  return doubted(event, draft, told, lookup, { reason: 'GOV_MOVEMENT_CONFLICT', because });
}

/** Booked as a source told it that knew no block; the block that is told now is in the opening. */
function countedTwice(
  event: InboxEvent,
  draft: MovementDraft,
  told: Moved,
  lookup: Lookup<Entity>,
): Outcome {
  const because =
    `Expected ${nameOf(draft)}, which is booked as ${told.source} told it, after the opening ` +
    `balance; found it in block ${String(draft.value.block_number)}, so that it counts twice. ` +
    `The opening balance was declared for an earlier time than that of its block.`;
  return doubted(event, draft, told, lookup, { reason: 'GOV_BEFORE_OPENING', because });
}

/** Sets aside what contradicts a movement that is booked: nobody knows what the account holds. */
function doubted(
  event: InboxEvent,
  { account }: MovementDraft,
  told: Moved,
  lookup: Lookup<Entity>,
  { reason, because }: { readonly reason: QuarantineReason; readonly because: string },
): Outcome {
  const conflictsWith = { eventId: told.eventId, bytes: told.bytes };
  const step = quarantine(event, { reason, because, account, conflictsWith });
  if (step.outcome !== 'quarantined') return step;
  const doubts = doubtsOf(lookup, event.partition);
  return { ...step, puts: doubtPuts(event, account, doubts, reason) };
}

function nameOf({ type, value }: MovementDraft): string {
  return `${type} of transaction ${value.tx_hash ?? ''}`;
}

function unmatched(event: InboxEvent, draft: MovementDraft): Outcome {
  const because =
    `Expected the chain, which is declared for the account, to tell ${draft.type} of transaction ` +
    `${draft.value.tx_hash ?? ''} first; found it in a file alone. Once the chain has been ` +
    `read so far, import it again with a blank line more; if that fails, the file is wrong.`;
  return aside(event, draft, 'GOV_MOVEMENT_UNMATCHED', because);
}

function aside(
  event: InboxEvent,
  { account }: MovementDraft,
  reason: QuarantineReason,
  because: string,
): Outcome {
  return quarantine(event, { reason, because, account });
}

/**
 * The job that was claimed for the account with a transaction, which may move another's shares,
 * too; null where there is none, or more than one.
 */
function jobOf(lookup: Lookup<Entity>, account: string, txHash: string | null): string | null {
  const found = txHash === null ? undefined : lookup.get(claimsKey(account, txHash));
  const jobs = found?.kind === 'claims' ? [...found.jobs.keys()] : [];
  const [job] = jobs;
  return job === undefined || jobs.length > 1 ? null : job;
}

function movedAt(event: InboxEvent, draft: MovementDraft, lookup: Lookup<Entity>): MovedState {
  const { account, value } = draft;
  const txHash = value.tx_hash ?? '';
  const found = lookup.get(movedKey(txHash, account));
  if (found?.kind === 'moved') return found;
  return { kind: 'moved', partition: event.partition, txHash, account, places: new Map() };
}

function put(state: MovedState): Put<Entity> {
  return { key: movedKey(state.txHash, state.account), entity: state };
}
