/**
 * The life of a fill: identity (B9), ladder (B8), sources of record.
 *
 *   unknown ──MATCHED/MINED──▶ provisional ──CONFIRMED──▶ confirmed (final)
 *      │                          │  └──same fill known under another id──▶ joined (final)
 *      │                          └──FAILED──▶ failed (final)
 *      └──FAILED──▶ failed, remembered so that a late MATCHED changes nothing; not on the log
 *
 * Refusals in order of precedence: what is missing, what the account's declaration demands, what
 * contradicts the same id, what contradicts the same coordinates, what contradicts the end.
 */

import { compareAcrossSources, isFinal, judgeStatus } from '@polytraders/domain';
import { type Lookup, type Put, type Step } from '@polytraders/stream';
import { type Accounts, isOfRecord } from '../accounts.ts';
import { TICK } from '../amounts.ts';
import { type FillDraft } from '../draft.ts';
import { type InboxEvent } from '../inbox-event.ts';
import { botOf, enrich, type Enrichment, factsOf, orderOf } from './enrich.ts';
import { type Entry } from './entry.ts';
import {
  type Arriving,
  contentOf,
  contentOfState,
  contradictionOf,
  feeOf,
} from './fill-content.ts';
import { confirmedEntry, failedEntry, matchedEntry, type WholeFill } from './fill-records.ts';
import {
  contradicts,
  incomplete,
  mismatch,
  needsCoordinates,
  pretended,
  setAside,
} from './fill-refusals.ts';
import { useMarket } from './markets.ts';
import {
  coordinatesKey,
  doubtsKey,
  type DoubtsState,
  type Entity,
  fillKey,
  type FillState,
  orderKey,
  type OrderState,
} from './state.ts';

type Outcome = Step<Entity, Entry>;

/** One report of a fill. */
export function stepFill(
  event: InboxEvent,
  given: FillDraft,
  lookup: Lookup<Entity>,
  accounts: Accounts,
): Outcome {
  const named = given.orderId === null ? undefined : lookup.get(orderKey(given.orderId));
  const order = orderOf(lookup, given.orderHash, named?.kind === 'order' ? named : null);
  if (order !== null && given.account !== null && order.paper !== given.paper)
    return pretended(event, given, order);
  const draft = withOrder(given, order);
  const { account, tokenId, orderSide } = draft;
  if (account === null || tokenId === null || orderSide === null) return incomplete(event, draft);
  const doubts = doubtsOf(lookup, event.partition);
  const arriving = { event, draft, account, tokenId, orderSide, order, doubts };
  const known = fillAt(lookup, fillKey(draft.fillId));
  const placed =
    draft.txHash === null || draft.orderHash === null
      ? null
      : fillAt(lookup, coordinatesKey(draft.txHash, draft.orderHash));
  if (known?.joinedTo != null) return ignored('joined');
  if (!isOfRecord(accounts, account, draft.source)) return stepSecondVoice(arriving, known, placed);
  if (lacksCoordinates(arriving, accounts)) return needsCoordinates(arriving);
  if (known === null && placed === null) return advance(arriving, null, lookup, accounts);
  if (known !== null) {
    const contradiction = contradictionOf(arriving, known);
    if (contradiction !== null) return contradicts(arriving, known, contradiction);
    if (placed !== null && placed.fillId !== known.fillId) return joinLate(arriving, known, placed);
    return climb(arriving, known, lookup, accounts);
  }
  return placed === null
    ? ignored('duplicate')
    : stepUnderOtherId(arriving, placed, lookup, accounts);
}

/** Judges the arriving status against what is known of the same fill. */
function climb(
  arriving: Arriving,
  known: FillState,
  lookup: Lookup<Entity>,
  accounts: Accounts,
): Outcome {
  const { draft } = arriving;
  switch (judgeStatus(known.status, draft.status)) {
    case 'advance':
      return advance(arriving, known, lookup, accounts);
    case 'repeat':
      return ignored('duplicate');
    case 'behind':
      return ignored('late');
    case 'conflict':
      return setAside(
        arriving,
        known,
        'GOV_FILL_STATUS_CONFLICT',
        `Expected no end of fill ${known.fillId} after ${known.status}; found ${draft.status}.`,
      );
  }
}

/** Takes the fill to the arriving status and writes what that means for the log. */
function advance(
  arriving: Arriving,
  known: FillState | null,
  lookup: Lookup<Entity>,
  accounts: Accounts,
): Outcome {
  const { event, draft } = arriving;
  const state = stateOf(arriving, known, accounts);
  if (draft.status === 'FAILED') {
    const entries = known === null ? [] : [failedEntry(event, known, draft, null)];
    return applied(state, entries);
  }
  const fill = wholeFill(arriving, state, lookup);
  const facts = factsOf(lookup, draft);
  const market = useMarket(event, lookup, draft, facts, arriving.account);
  const entry =
    draft.status === 'CONFIRMED'
      ? confirmedEntry(event, fill)
      : matchedEntry(event, fill, draft.status);
  const more = [...market.puts, ...placeLeft(known, state)];
  return applied({ ...state, eventId: entry.event_id }, [...market.entries, entry], more);
}

/** The same place on the chain under another id: the id first seen stays, this one points to it. */
function stepUnderOtherId(
  arriving: Arriving,
  placed: FillState,
  lookup: Lookup<Entity>,
  accounts: Accounts,
): Outcome {
  const differences = compareAcrossSources(contentOf(arriving), contentOfState(placed), TICK);
  if (differences.length > 0) return mismatch(arriving, placed, differences);
  const alias: FillState = {
    ...placed,
    fillId: arriving.draft.fillId,
    joinedTo: placed.fillId,
    txHash: null,
    orderHash: null,
    hasPlace: false,
    eventId: null,
  };
  const put: Put<Entity> = { key: fillKey(alias.fillId), entity: alias };
  const renamed = { ...arriving, draft: { ...arriving.draft, fillId: placed.fillId } };
  const step = climb(renamed, joined(placed, arriving.draft.source), lookup, accounts);
  if (step.outcome === 'ignored') {
    return {
      outcome: 'applied',
      puts: [put, ...putsOf(joined(placed, arriving.draft.source))],
      entries: [],
    };
  }
  return { ...step, puts: [put, ...step.puts] };
}

/** A provisional fill turns out to stand on the log already: it is closed in favour of that one. */
function joinLate(arriving: Arriving, known: FillState, placed: FillState): Outcome {
  const differences = compareAcrossSources(contentOf(arriving), contentOfState(placed), TICK);
  if (differences.length > 0 || isFinal(known.status))
    return mismatch(arriving, placed, differences);
  const nowhere = { txHash: null, orderHash: null, hasPlace: false };
  const closed: FillState = { ...known, ...nowhere, joinedTo: placed.fillId };
  const entry = failedEntry(arriving.event, known, arriving.draft, placed.fillId);
  const puts = [
    ...placeLeft(known, closed),
    ...putsOf({ ...closed, eventId: entry.event_id }),
    ...putsOf(joined(placed, known.source)),
  ];
  return { outcome: 'applied', puts, entries: [entry] };
}

/** A source that is not of record confirms or alarms; it never books. */
function stepSecondVoice(
  arriving: Arriving,
  named: FillState | null,
  placed: FillState | null,
): Outcome {
  const { draft } = arriving;
  const known = named ?? placed;
  if (known === null) {
    return setAside(
      arriving,
      null,
      'GOV_FILL_UNMATCHED',
      `Expected a fill of the source of record for what ${draft.source} tells of ` +
        `${draft.fillId}; found none.`,
    );
  }
  const differences = compareAcrossSources(contentOf(arriving), contentOfState(known), TICK);
  const isElsewhere = placed !== null && placed.fillId !== known.fillId;
  if (differences.length > 0 || isElsewhere) {
    const what = isElsewhere ? ['id', ...differences] : differences;
    return mismatch(arriving, isElsewhere ? placed : known, what);
  }
  if (known.joinedSources.includes(draft.source)) return ignored('duplicate');
  const enriched = {
    ...joined(known, draft.source),
    ...placeOf(known, draft, draft, known),
    logIndex: known.logIndex ?? draft.logIndex,
    blockNumber: known.blockNumber ?? draft.blockNumber,
    fee: known.fee ?? feeOf(draft),
  };
  return applied(enriched, []);
}

function withOrder(draft: FillDraft, order: OrderState | null): FillDraft {
  if (order === null) return draft;
  return {
    ...draft,
    account: draft.account ?? order.account,
    tokenId: draft.tokenId ?? order.tokenId,
    orderSide: draft.orderSide ?? order.orderSide,
    conditionId: draft.conditionId ?? order.conditionId,
    paper: order.paper,
  };
}

function wholeFill(arriving: Arriving, state: FillState, lookup: Lookup<Entity>): WholeFill {
  const { draft, event } = arriving;
  const at = draft.effectiveAt ?? event.receivedAt;
  const facts = factsOf(lookup, draft);
  const known = enrich(draft, arriving.tokenId, draft.conditionId, state.tradingBotId, facts, at);
  const added = inDoubt(arriving, known);
  return {
    draft: {
      ...draft,
      ...feeOfOthers(draft, state),
      txHash: state.txHash,
      orderHash: state.orderHash,
      logIndex: state.logIndex,
      blockNumber: state.blockNumber,
    },
    fillId: state.fillId,
    account: arriving.account,
    tokenId: arriving.tokenId,
    orderSide: arriving.orderSide,
    added,
    joinedSources: [...state.joinedSources].sort(),
    matchedAt: state.matchedAt,
  };
}

/** Once the sources said two things of an account, all that is booked for it says so (B8, B9). */
function inDoubt({ account, doubts }: Arriving, added: Enrichment): Enrichment {
  if (doubts?.accounts.has(account) !== true) return added;
  const incompleteReasons = [...added.incompleteReasons, 'GOV_ACCOUNT_INCOMPLETE'].sort();
  return { ...added, incompleteReasons };
}

/** A fee that the source of record does not say and another one does (B9: the others enrich). */
function feeOfOthers(
  draft: FillDraft,
  state: FillState,
): Pick<FillDraft, 'feePusd' | 'feeSource'> | null {
  if (feeOf(draft) !== null || state.fee === null) return null;
  const isOfChain = state.joinedSources.includes('chain');
  return { feePusd: state.fee, feeSource: isOfChain ? 'CHAIN' : 'MATCH_EVENT' };
}

function stateOf(arriving: Arriving, known: FillState | null, accounts: Accounts): FillState {
  const { draft, event, order } = arriving;
  const provisional = draft.status === 'MATCHED' || draft.status === 'MINED';
  return {
    kind: 'fill',
    fillId: known?.fillId ?? draft.fillId,
    partition: event.partition,
    account: arriving.account,
    source: known?.source ?? draft.source,
    recipe: known?.recipe ?? draft.recipe,
    status: draft.status,
    joinedTo: null,
    joinedSources: known?.joinedSources ?? [],
    orderId: draft.orderId,
    tradingBotId: known?.tradingBotId ?? botOf(draft, arriving.account, order, accounts),
    tokenId: arriving.tokenId,
    orderSide: arriving.orderSide,
    quantity: draft.quantity,
    notional: draft.notional,
    fee: feeOf(draft) ?? known?.fee ?? null,
    ...placeOf(draft, known, draft, known),
    logIndex: draft.logIndex ?? known?.logIndex ?? null,
    blockNumber: draft.blockNumber ?? known?.blockNumber ?? null,
    matchedAt: known?.matchedAt ?? (provisional ? draft.effectiveAt : null),
    paper: draft.paper,
    eventId: known?.eventId ?? null,
    bytes: event.bytes,
  };
}

type Hashes = Pick<FillState, 'txHash' | 'orderHash'>;

/**
 * The hashes of a fill, those of `first` before those of `second`. They are its place where the
 * report said them both, for then `coordinates|` was asked whose they are, or where it had it.
 */
function placeOf(
  first: Hashes,
  second: Hashes | null,
  said: Hashes,
  known: FillState | null,
): Pick<FillState, 'txHash' | 'orderHash' | 'hasPlace'> {
  const txHash = first.txHash ?? second?.txHash ?? null;
  const orderHash = first.orderHash ?? second?.orderHash ?? null;
  const isSame = (one: Hashes): boolean => one.txHash === txHash && one.orderHash === orderHash;
  const isHeld = isSame(said) || (known !== null && known.hasPlace && isSame(known));
  return { txHash, orderHash, hasPlace: txHash !== null && orderHash !== null && isHeld };
}

function joined(state: FillState, source: FillState['source']): FillState {
  if (state.source === source || state.joinedSources.includes(source)) return state;
  return { ...state, joinedSources: [...state.joinedSources, source].sort() };
}

function lacksCoordinates({ draft, account }: Arriving, accounts: Accounts): boolean {
  const others = accounts.get(account)?.otherSources ?? [];
  const bare = draft.txHash === null || draft.orderHash === null;
  return draft.source === 'bus' && draft.status === 'CONFIRMED' && bare && others.length > 0;
}

function applied(
  state: FillState,
  entries: readonly Entry[],
  more: readonly Put<Entity>[] = [],
): Outcome {
  return { outcome: 'applied', puts: [...more, ...putsOf(state)], entries };
}

function putsOf(state: FillState): readonly Put<Entity>[] {
  const own = { key: fillKey(state.fillId), entity: state };
  if (!state.hasPlace || state.txHash === null || state.orderHash === null) return [own];
  return [own, { key: coordinatesKey(state.txHash, state.orderHash), entity: state }];
}

/** A place on the chain that a fill no longer has, because its transaction was sent again. */
function placeLeft(before: FillState | null, after: FillState): readonly Put<Entity>[] {
  if (before === null || !before.hasPlace) return [];
  if (before.txHash === null || before.orderHash === null) return [];
  if (before.txHash === after.txHash && before.orderHash === after.orderHash) return [];
  return [{ key: coordinatesKey(before.txHash, before.orderHash), entity: undefined }];
}

function doubtsOf(lookup: Lookup<Entity>, partition: number): DoubtsState | null {
  const found = lookup.get(doubtsKey(partition));
  return found?.kind === 'doubts' ? found : null;
}

function fillAt(lookup: Lookup<Entity>, key: string): FillState | null {
  const found = lookup.get(key);
  return found?.kind === 'fill' ? found : null;
}

function ignored(because: string): Outcome {
  return { outcome: 'ignored', because };
}
