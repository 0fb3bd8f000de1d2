/**
 * What a reviewed command decides (rules B13, B18, B19).
 *
 *   a confirmed fill ──RELEASE_FILL──▶ released ──REVERSE_FILL──▶ reversed (final)
 *                  └──────────────REVERSE_FILL──────────────────────┘
 *
 * The writer knows whether the fill stands on the log, whose it is and what was decided of it
 * before. Whether it is set aside for its fee, pnl-projector knows, and leaves a release alone that
 * has nothing to release.
 */

import { type Records } from '@polytraders/contracts';
import { releasedFeeBreach } from '@polytraders/domain';
import { formatMicros } from '@polytraders/money';
import { type Lookup, type Put, type Step } from '@polytraders/stream';
import { type CommandDraft } from '../draft.ts';
import { type InboxEvent } from '../inbox-event.ts';
import { type Entry, ledgerEntry } from './entry.ts';
import { envelopeOf } from './envelope.ts';
import { heldPuts } from './held.ts';
import { quarantine } from './quarantine.ts';
import {
  coordinatesKey,
  type Entity,
  fillKey,
  type FillState,
  placeOf,
  releaseKey,
  reviewKey,
  type ReviewState,
  tokenPlace,
} from './state.ts';

type Of<Name extends CommandDraft['command']> = Extract<CommandDraft, { readonly command: Name }>;
type Decided = { readonly puts: readonly Put<Entity>[]; readonly entries: readonly [Entry] };

/** Books a fill that was set aside, with the fee that somebody has reviewed. */
export function releaseFill(
  event: InboxEvent,
  draft: Of<'RELEASE_FILL'>,
  lookup: Lookup<Entity>,
): Decided | string {
  const found = reviewable(draft, lookup);
  if (typeof found === 'string') return found;
  const { fill, confirmedAt, before } = found;
  if (before !== null) {
    const done = before.status === 'RELEASED' ? 'released' : 'reversed';
    return `Expected a fill that nothing was decided of; found ${fill.fillId} ${done} before.`;
  }
  const { fee, builderFee } = draft;
  const why = whyNotFee(fill, draft);
  if (why !== null) return why;
  const value: Records['FillReleased'] = {
    ...referenceOf(event, draft, 'FillReleased', fill, confirmedAt),
    fee_pusd: fee,
    builder_fee_pusd: builderFee,
  };
  const entry = ledgerEntry('FillReleased', value, placed(event, fill));
  return { puts: [reviewPut(fill, 'RELEASED', entry)], entries: [entry] };
}

/** Why the reviewed fee is refused, in a sentence. */
function whyNotFee({ notional }: FillState, { fee, builderFee }: Of<'RELEASE_FILL'>) {
  const [most, found] = [formatMicros(notional), formatMicros(fee)];
  const breach = releasedFeeBreach(notional, fee, builderFee);
  switch (breach) {
    case null:
      return null;
    case 'BUILDER_ABOVE_FEE':
      return `Expected a builder_fee_pusd of at most fee_pusd, ${found}; found more.`;
    case 'FEE_ABOVE_NOTIONAL':
      return `Expected a fee of at most the ${most} pUSD of the fill; found ${found}.`;
  }
}

/**
 * Takes a fill out of the books. Its shares are held no more, and its place on the chain is free
 * for the fill as it should have been told.
 */
export function reverseFill(
  event: InboxEvent,
  draft: Of<'REVERSE_FILL'>,
  lookup: Lookup<Entity>,
): Decided | string {
  const found = reviewable(draft, lookup);
  if (typeof found === 'string') return found;
  const { fill, confirmedAt, before } = found;
  if (before?.status === 'REVERSED') {
    return `Expected a fill that is in the books; found ${fill.fillId} reversed before.`;
  }
  const value: Records['FillReversed'] = referenceOf(
    event,
    draft,
    'FillReversed',
    fill,
    confirmedAt,
  );
  const entry = ledgerEntry('FillReversed', value, placed(event, fill));
  const { partition, account, tokenId, quantity } = fill;
  const by = fill.orderSide === 'BUY' ? -quantity : quantity;
  const held = [{ place: placeOf(fill) ?? tokenPlace(tokenId), tokenId, by }];
  return {
    puts: [
      reviewPut(fill, 'REVERSED', entry),
      ...heldPuts(lookup, { partition, account }, held, fill.tradingBotId),
      ...placePuts(fill),
    ],
    entries: [entry],
  };
}

/** Keys that only the fill tells: its holding, and its place on the chain. */
export function keysOfReversed(fill: Entity | undefined): {
  readonly coordinates: string | null;
  readonly place: string | null;
  readonly account: string | null;
} {
  if (fill?.kind !== 'fill') return { coordinates: null, place: null, account: null };
  return { coordinates: coordinatesOf(fill), place: placeOf(fill), account: fill.account };
}

function coordinatesOf({ hasPlace, txHash, orderHash }: FillState): string | null {
  if (!hasPlace || txHash === null || orderHash === null) return null;
  return coordinatesKey(txHash, orderHash);
}

function placePuts(fill: FillState): readonly Put<Entity>[] {
  const key = coordinatesOf(fill);
  if (key === null) return [];
  return [
    { key: fillKey(fill.fillId), entity: { ...fill, hasPlace: false } },
    { key, entity: undefined },
  ];
}

type Reviewable = {
  readonly fill: FillState;
  readonly confirmedAt: number;
  readonly before: ReviewState | null;
};

/** The fill of a command, where it stands confirmed on the log of its account; else why not. */
function reviewable(
  { fillId, account }: Of<'RELEASE_FILL' | 'REVERSE_FILL'>,
  lookup: Lookup<Entity>,
): Reviewable | string {
  const fill = lookup.get(fillKey(fillId));
  if (fill?.kind !== 'fill') return `Expected fill ${fillId} on the log; found none.`;
  if (fill.account !== account) {
    return `Expected fill ${fillId} to be of ${account}; found it with ${fill.account}.`;
  }
  if (fill.joinedTo !== null) {
    return `Expected a fill under its own id; found ${fillId}, which stands as ${fill.joinedTo}.`;
  }
  const { status, confirmedAt } = fill;
  if (status !== 'CONFIRMED' || confirmedAt === null) {
    return `Expected fill ${fillId} to be CONFIRMED; found it ${status}.`;
  }
  const before = lookup.get(reviewKey(fillId));
  return { fill, confirmedAt, before: before?.kind === 'review' ? before : null };
}

function referenceOf(
  event: InboxEvent,
  draft: Of<'RELEASE_FILL' | 'REVERSE_FILL'>,
  type: 'FillReleased' | 'FillReversed',
  fill: FillState,
  confirmedAt: number,
) {
  return {
    ...envelopeOf(event, {
      identity: [type, fill.fillId],
      correlationId: draft.correlationId,
      causationId: draft.commandId,
      effectiveAt: confirmedAt,
    }),
    fill_id: fill.fillId,
    account: fill.account,
    original_event_id: fill.eventId ?? '',
    original_partition: fill.partition,
    original_offset: draft.originalOffset,
    trading_bot_id: fill.tradingBotId,
    condition_id: fill.conditionId,
    token_id: fill.tokenId,
    confirmed_at: confirmedAt,
    paper: fill.paper,
    proposed_by: draft.proposedBy,
    approved_by: draft.approvedBy ?? '',
    reason: draft.reason,
    ...sourceOf(event),
  };
}

function reviewPut(
  { fillId, partition }: FillState,
  status: ReviewState['status'],
  entry: Entry,
): Put<Entity> {
  const entity: Entity = { kind: 'review', partition, fillId, status, eventId: entry.event_id };
  return { key: reviewKey(fillId), entity };
}

/**
 * An approval of reports that are held: every partition has it at the same place, and judges it
 * alike. Which reports are held, their writers know.
 */
export function stepApproval(
  event: InboxEvent,
  draft: Of<'APPROVE'>,
  lookup: Lookup<Entity>,
  why: string | null,
): Step<Entity, Entry> {
  const { partition } = event;
  const { commandId, content, marketSeq } = draft;
  const key = releaseKey(partition, commandId);
  const known = lookup.get(key);
  const isSame = known?.kind === 'release' && known.content === content;
  if (isSame) return { outcome: 'ignored', because: 'duplicate' };
  const odd = known === undefined ? why : `Expected command ${commandId} as it was first asked.`;
  if (odd !== null || marketSeq === null) return refusedOnce(event, odd ?? 'Expected its place.');
  const value: Records['ReportReleased'] = {
    ...envelopeOf(event, {
      identity: ['ReportReleased', String(marketSeq)],
      correlationId: draft.correlationId,
      causationId: commandId,
      effectiveAt: draft.effectiveAt,
    }),
    market_seq: marketSeq,
    release_kind: draft.releaseKind,
    report_ids: draft.reportIds,
    until_offset: draft.untilOffset,
    proposed_by: draft.proposedBy,
    approved_by: draft.approvedBy ?? '',
    reason: draft.reason,
    ...sourceOf(event),
  };
  const entry = ledgerEntry('ReportReleased', value, {
    key: '*',
    fillId: null,
    sourcePosition: event.sourcePosition,
    reasonCode: null,
  });
  const eventId = entry.event_id;
  const entity: Entity = { kind: 'release', partition, commandId, content, eventId };
  return { outcome: 'applied', puts: [{ key, entity }], entries: [entry] };
}

/** Every partition refuses it; one of them says so, or it would be set aside twelve times. */
function refusedOnce(event: InboxEvent, because: string): Step<Entity, Entry> {
  if (event.partition !== 0) return { outcome: 'ignored', because: 'refused' };
  return quarantine(event, { reason: 'GOV_COMMAND_REFUSED', because });
}

function sourceOf({ source, sourcePosition }: InboxEvent) {
  return { source, source_position: sourcePosition };
}

function placed({ sourcePosition }: InboxEvent, { account, fillId }: FillState) {
  return { key: account, fillId, sourcePosition, reasonCode: null };
}
