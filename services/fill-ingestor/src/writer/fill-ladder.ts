/**
 * The ladder of a fill (B8): what a report makes of what is known, what is remembered of it, and
 * what goes on the log.
 */

import { isFinal, judgeStatus } from '@polytraders/domain';
import { type Lookup, type Put, type Step } from '@polytraders/stream';
import { type Accounts } from '../accounts.ts';
import { type FillDraft, type TimeMicros } from '../draft.ts';
import { botOf, enrich, type Enrichment, factsOf, UNATTRIBUTED } from './enrich.ts';
import { type Entry } from './entry.ts';
import { type Arriving, feeOf } from './fill-content.ts';
import { confirmedEntry, failedEntry, matchedEntry, type WholeFill } from './fill-records.ts';
import { opposite } from './fill-refusals.ts';
import { speaksFirst } from './first-source.ts';
import { confirmedAtOf, dayPuts } from './fill-days.ts';
import { heldPuts } from './held.ts';
import { useMarket } from './markets.ts';
import { coordinatesKey, type Entity, fillKey, type FillState, tokenPlace } from './state.ts';

/** What becomes of one report. */
export type Outcome = Step<Entity, Entry>;

/** Judges the arriving status against what is known of the same fill. */
export function climb(
  arriving: Arriving,
  known: FillState,
  lookup: Lookup<Entity>,
  accounts: Accounts,
): Outcome {
  const { draft } = arriving;
  // An end that another source told before stands against the opposite one, too.
  const opposed = known.toldEnd !== null && judgeStatus(known.toldEnd, draft.status);
  const verdict = judgeStatus(known.status, draft.status);
  switch (opposed === 'conflict' ? 'conflict' : verdict) {
    case 'advance':
      return advance(arriving, known, lookup, accounts);
    case 'repeat':
      return learnedLate(arriving, known, accounts) ?? ignored('duplicate');
    case 'behind':
      return learnedLate(arriving, known, accounts) ?? ignored('late');
    case 'conflict':
      return opposite(arriving, known, verdict === 'conflict' ? known.status : known.toldEnd);
  }
}

/** Takes the fill to the arriving status and writes what that means for the log. */
export function advance(
  arriving: Arriving,
  known: FillState | null,
  lookup: Lookup<Entity>,
  accounts: Accounts,
): Outcome {
  const { event, draft } = arriving;
  const state = stateOf(arriving, known, accounts);
  const spoke = arriving.isNamed ? speaksFirst(event, draft, arriving.first) : [];
  if (draft.status === 'FAILED') {
    const entries = known === null ? [] : [failedEntry(event, known, draft, null)];
    return applied(state, entries, [...spoke, ...placeLeft(known, state)]);
  }
  const fill = wholeFill(arriving, state, lookup);
  const facts = factsOf(lookup, draft);
  const market = useMarket(event, lookup, draft, facts, arriving.account);
  const entry =
    draft.status === 'CONFIRMED'
      ? confirmedEntry(event, fill)
      : matchedEntry(event, fill, draft.status);
  const booked = draft.status === 'CONFIRMED' ? bookedPuts(arriving, state, lookup) : [];
  const more = [...spoke, ...market.puts, ...booked, ...placeLeft(known, state)];
  const { conditionId } = fill.added;
  const after = { ...state, conditionId, unplacedAt: unplacedAtOf(state), eventId: entry.event_id };
  return applied(after, [...market.entries, entry], more);
}

/**
 * A confirmed fill moves the wallet's shares, under the condition that the report names, and its
 * day has a window.
 */
function bookedPuts(
  { event, account, tokenId, orderSide, draft }: Arriving,
  { quantity, tradingBotId }: FillState,
  lookup: Lookup<Entity>,
): readonly Put<Entity>[] {
  const place = draft.conditionId ?? tokenPlace(tokenId);
  const by = orderSide === 'BUY' ? quantity : -quantity;
  const { partition } = event;
  return [
    ...heldPuts(lookup, { partition, account }, [{ place, tokenId, by }], tradingBotId),
    ...dayPuts(lookup, event, confirmedAtOf(event, draft)),
  ];
}

/**
 * What a report tells that is no step up: a place, and before the end a fee and a bot that nobody
 * had told. Null where it tells nothing new. Before the end a transaction may be sent again, so the
 * same rung told again brings the place of now.
 */
function learnedLate(arriving: Arriving, known: FillState, accounts: Accounts): Outcome | null {
  const { draft } = arriving;
  const isOpen = !isFinal(known.status);
  const mayMove = isOpen && draft.status === known.status;
  const [first, second] = mayMove ? [draft, known] : [known, draft];
  const isPlace = draft.txHash !== null && draft.orderHash !== null;
  const place = placeOf(first, second, draft, known);
  const state = {
    ...known,
    ...(isPlace && {
      ...place,
      logIndex: first.logIndex ?? second.logIndex,
      blockNumber: first.blockNumber ?? second.blockNumber,
    }),
    ...(isOpen && {
      ...(isUnstated(known) ? feeKnown(draft, known) : {}),
      tradingBotId: botNow(arriving, known, accounts),
    }),
  };
  return isNews(known, state) ? applied(state, [], placeLeft(known, state)) : null;
}

/** Whether anything is said after that was not said before. */
export function isNews(before: FillState, after: FillState): boolean {
  return (Object.keys(after) as (keyof FillState)[]).some((name) => before[name] !== after[name]);
}

/** Whether nobody has told the fee: a zero that an operator declared is no fee that was seen. */
function isUnstated({ fee, feeSource }: FillState): boolean {
  return fee === null || feeSource === 'DECLARED';
}

function wholeFill(arriving: Arriving, state: FillState, lookup: Lookup<Entity>): WholeFill {
  const { draft: given, event } = arriving;
  const draft = { ...given, ...statedFee(state) };
  const at = draft.effectiveAt ?? event.receivedAt;
  const facts = factsOf(lookup, draft);
  const known = enrich(draft, arriving.tokenId, draft.conditionId, state.tradingBotId, facts, at);
  const added = inDoubt(arriving, known);
  return {
    draft: {
      ...draft,
      orderId: state.orderId,
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

/** What is remembered of a fill after a report of it. */
export function stateOf(
  arriving: Arriving,
  known: FillState | null,
  accounts: Accounts,
): FillState {
  const { draft, event } = arriving;
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
    // What makes up a fill is what was told first; a second id may name the order otherwise.
    orderId: known === null ? draft.orderId : known.orderId,
    tradingBotId: botNow(arriving, known, accounts),
    tokenId: arriving.tokenId,
    orderSide: arriving.orderSide,
    quantity: known?.quantity ?? draft.quantity,
    notional: known?.notional ?? draft.notional,
    ...feeKnown(draft, known),
    ...placeOf(draft, known, draft, known),
    logIndex: draft.logIndex ?? known?.logIndex ?? null,
    blockNumber: draft.blockNumber ?? known?.blockNumber ?? null,
    matchedAt: known?.matchedAt ?? (provisional ? draft.effectiveAt : null),
    confirmedAt: draft.status === 'CONFIRMED' ? confirmedAtOf(event, draft) : null,
    conditionId: known?.conditionId ?? draft.conditionId,
    paper: draft.paper,
    eventId: known?.eventId ?? null,
    unplacedAt: known?.unplacedAt ?? null,
    toldEnd: known?.toldEnd ?? null,
    bytes: event.bytes,
  };
}

/** Not of paper, which is on no chain, and not before the end. */
function unplacedAtOf({ confirmedAt, txHash, blockNumber, paper }: FillState): TimeMicros | null {
  return txHash === null || blockNumber !== null || paper ? null : confirmedAt;
}

/** The bot that the report or its order names; else who was known; else whom the account has. */
function botNow({ draft, account, order }: Arriving, known: FillState | null, accounts: Accounts) {
  const named = draft.tradingBotId ?? order?.tradingBotId ?? UNATTRIBUTED;
  if (named !== UNATTRIBUTED) return named;
  const before = known?.tradingBotId ?? UNATTRIBUTED;
  return before === UNATTRIBUTED ? botOf(draft, account, order, accounts) : before;
}

type StatedFee = Pick<FillDraft, 'feePusd' | 'feeBps' | 'feeSource' | 'feeDeclaredBy'>;
type FeeKnown = Pick<FillState, 'fee' | 'feeBps' | 'feeSource' | 'feeDeclaredBy'>;

/**
 * The fee as the report states it, else as it was stated before. An absolute one wins over basis
 * points (B6); a declared zero comes last.
 */
function feeKnown(draft: FillDraft, known: FeeKnown | null): FeeKnown {
  const given = feeOf(draft);
  const isExact = known?.fee != null && known.feeBps === null && known.feeSource !== 'DECLARED';
  const isWeaker =
    given === null || draft.feeSource === 'DECLARED' || (isExact && draft.feeBps !== null);
  if (known !== null && known.fee !== null && isWeaker) {
    const { fee, feeBps, feeSource, feeDeclaredBy } = known;
    return { fee, feeBps, feeSource, feeDeclaredBy };
  }
  const { feeBps, feeSource, feeDeclaredBy } = draft;
  return { fee: given, feeBps, feeSource, feeDeclaredBy };
}

/** The fee as it goes on the log: what was stated, in the form in which it was. */
function statedFee({ fee, feeBps, feeSource, feeDeclaredBy }: FeeKnown): StatedFee {
  return { feePusd: feeBps === null ? fee : null, feeBps, feeSource, feeDeclaredBy };
}

/** What a source that is not of record adds to a fill: its place, and a fee that nobody stated. */
export function enriched(known: FillState, draft: FillDraft): FillState {
  return {
    ...joined(known, draft.source),
    ...placeOf(known, draft, draft, known),
    logIndex: known.logIndex ?? draft.logIndex,
    blockNumber: known.blockNumber ?? draft.blockNumber,
    ...(isUnstated(known) ? feeKnown(draft, known) : {}),
    toldEnd: known.toldEnd ?? (isFinal(draft.status) ? draft.status : null),
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

/** The fill that stands, with what was told of the one that is joined to it. */
export function heir(placed: FillState, known: FillState): FillState {
  const { fee, feeBps, feeSource, feeDeclaredBy, tradingBotId } = known;
  return {
    ...joined(placed, known.source),
    ...(isUnstated(placed) && fee !== null && { fee, feeBps, feeSource, feeDeclaredBy }),
    tradingBotId: placed.tradingBotId === UNATTRIBUTED ? tradingBotId : placed.tradingBotId,
    toldEnd: placed.toldEnd ?? known.toldEnd,
  };
}

/** The state with a source that has told of the fill, too. */
export function joined(state: FillState, source: FillState['source']): FillState {
  if (state.source === source || state.joinedSources.includes(source)) return state;
  return { ...state, joinedSources: [...state.joinedSources, source].sort() };
}

/** The state and what is written of it. */
export function applied(
  state: FillState,
  entries: readonly Entry[],
  more: readonly Put<Entity>[] = [],
): Outcome {
  return { outcome: 'applied', puts: [...more, ...putsOf(state)], entries };
}

/** The keys under which a state is found. */
export function putsOf(state: FillState): readonly Put<Entity>[] {
  const own = { key: fillKey(state.fillId), entity: state };
  if (!state.hasPlace || state.txHash === null || state.orderHash === null) return [own];
  return [own, { key: coordinatesKey(state.txHash, state.orderHash), entity: state }];
}

/** A place on the chain that a fill no longer has, because its transaction was sent again. */
export function placeLeft(before: FillState | null, after: FillState): readonly Put<Entity>[] {
  if (before === null || !before.hasPlace) return [];
  if (before.txHash === null || before.orderHash === null) return [];
  if (before.txHash === after.txHash && before.orderHash === after.orderHash) return [];
  return [{ key: coordinatesKey(before.txHash, before.orderHash), entity: undefined }];
}

/** Nothing came of it, and why. */
export function ignored(because: string): Outcome {
  return { outcome: 'ignored', because };
}
