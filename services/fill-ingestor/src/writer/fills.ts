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
import { type Lookup } from '@polytraders/stream';
import { type Accounts, isOfRecord } from '../accounts.ts';
import { TICK } from '../amounts.ts';
import { type FillDraft, type SourceOfRecord } from '../draft.ts';
import { type InboxEvent } from '../inbox-event.ts';
import { doubtsOf } from './doubts.ts';
import { orderOf } from './enrich.ts';
import { firstSourceOf } from './first-source.ts';
import { type Arriving, contentOf, contentOfState, contradictionOf } from './fill-content.ts';
import { joinLate, stepPointing, stepUnderOtherId } from './fill-joins.ts';
import { advance, applied, climb, enriched, ignored, isNews, type Outcome } from './fill-ladder.ts';
import { stepInside, withBegun } from './fill-opening.ts';
import {
  contradicts,
  contradictsOrder,
  early,
  incomplete,
  mismatch,
  needsCoordinates,
  opposite,
  placeless,
  setAside,
} from './fill-refusals.ts';
import { openingOf } from './opening.ts';
import {
  coordinatesKey,
  type Entity,
  fillKey,
  type FillState,
  orderKey,
  type OrderState,
} from './state.ts';

/** One report of a fill. */
export function stepFill(
  event: InboxEvent,
  given: FillDraft,
  lookup: Lookup<Entity>,
  accounts: Accounts,
): Outcome {
  return withBegun(judgeFill(event, given, lookup, accounts), lookup);
}

function judgeFill(
  event: InboxEvent,
  given: FillDraft,
  lookup: Lookup<Entity>,
  accounts: Accounts,
): Outcome {
  const named = given.orderId === null ? undefined : lookup.get(orderKey(given.orderId));
  const order = orderOf(lookup, given.orderHash, named?.kind === 'order' ? named : null);
  if (order !== null) {
    const odd = contradictsOrder(event, given, order);
    if (odd !== null) return odd;
    if (given.account === null && order.partition !== event.partition) return early(event, given);
  }
  const draft = withOrder(given, order);
  const { account, tokenId, orderSide } = draft;
  if (account === null || tokenId === null || orderSide === null) return incomplete(event, draft);
  const doubts = doubtsOf(lookup, event.partition);
  const isNamed = given.account !== null;
  const first = isNamed ? firstSourceOf(lookup, account) : (order?.first ?? null);
  const opening = openingOf(lookup, account);
  const whose = { account, isNamed, tokenId, orderSide, order, first, doubts, opening };
  const arriving = { event, draft, ...whose };
  const known = fillAt(lookup, fillKey(draft.fillId));
  const placed =
    draft.txHash === null || draft.orderHash === null
      ? null
      : fillAt(lookup, coordinatesKey(draft.txHash, draft.orderHash));
  const alias = known?.joinedTo == null ? null : known;
  const isRecorded = isOfRecord(accounts, account, draft.source, first);
  const inside = stepInside(arriving, { known, placed, isOfRecord: isRecorded });
  if (inside !== null) return inside;
  if (!isRecorded) {
    if (alias !== null && placed === null) return voiceUnderOtherId(arriving, alias);
    return stepSecondVoice(arriving, alias === null ? known : null, placed);
  }
  if (alias !== null) return stepPointing(arriving, alias, placed, lookup, accounts);
  if (lacksCoordinates(arriving, accounts)) return needsCoordinates(arriving);
  if (known === null && placed === null) return advance(arriving, null, lookup, accounts);
  if (known !== null) {
    const contradiction = contradictionOf(arriving, known);
    if (contradiction !== null) return contradicts(arriving, known, contradiction);
    if (placed !== null && placed.fillId !== known.fillId) {
      return joinLate(arriving, known, placed, lookup, accounts);
    }
    return climb(arriving, known, lookup, accounts);
  }
  return placed === null
    ? ignored('duplicate')
    : stepUnderOtherId(arriving, placed, lookup, accounts);
}

/** A source that is not of record confirms or alarms; it never books. */
function stepSecondVoice(
  arriving: Arriving,
  named: FillState | null,
  placed: FillState | null,
): Outcome {
  const { draft, first } = arriving;
  const known = named ?? placed;
  if (known === null) {
    return setAside(
      arriving,
      null,
      'GOV_FILL_UNMATCHED',
      `Expected a fill of the source of record for what ${draft.source} tells of ` +
        `${draft.fillId}; found none.${first === null ? '' : undeclared(first)}`,
    );
  }
  const differences = compareAcrossSources(contentOf(arriving), contentOfState(known), TICK);
  const isElsewhere = placed !== null && placed.fillId !== known.fillId;
  if (differences.length > 0 || isElsewhere) {
    const what = isElsewhere ? ['id', ...differences] : differences;
    return mismatch(arriving, isElsewhere ? placed : known, what);
  }
  const verdict = judgeStatus(known.status, draft.status);
  if (verdict === 'conflict') return opposite(arriving, known, known.status);
  if (verdict === 'advance' && known.source === draft.source && isFinal(draft.status)) {
    return orphaned(arriving, known);
  }
  const after = enriched(known, draft);
  return isNews(known, after) ? applied(after, []) : ignored('duplicate');
}

/** What a source has begun, it may not end once another one is of record: nobody would book it. */
function orphaned(arriving: Arriving, known: FillState): Outcome {
  const { fillId, source, status } = arriving.draft;
  return setAside(
    arriving,
    known,
    'GOV_FILL_UNMATCHED',
    `Expected ${status} of fill ${fillId} from the source of record; found it from ${source}, ` +
      `which has told of the fill before and is of record no more. Declare ${source} in ` +
      `ACCOUNTS_FILE and send it again, or let the other source book it.`,
  );
}

/** Of a declared account nobody spoke first. */
function undeclared(first: SourceOfRecord): string {
  return (
    ` Nobody has declared the account, so ${first}, which spoke of it first, is of record; ` +
    `declare another source in ACCOUNTS_FILE.`
  );
}

/** A second source under an id that points to another fill, without the place that they share. */
function voiceUnderOtherId(arriving: Arriving, alias: FillState): Outcome {
  const differences = compareAcrossSources(contentOf(arriving), contentOfState(alias), TICK);
  if (differences.length > 0) return mismatch(arriving, alias, differences);
  const { status } = arriving.draft;
  const verdict = judgeStatus(alias.status, status);
  if (verdict === 'conflict') return opposite(arriving, alias, alias.status);
  if (verdict === 'advance' && isFinal(status)) return placeless(arriving, alias);
  return ignored('joined');
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

function lacksCoordinates({ draft, account }: Arriving, accounts: Accounts): boolean {
  const others = accounts.get(account)?.otherSources ?? [];
  const bare = draft.txHash === null || draft.orderHash === null;
  return draft.source === 'bus' && draft.status === 'CONFIRMED' && bare && others.length > 0;
}

function fillAt(lookup: Lookup<Entity>, key: string): FillState | null {
  const found = lookup.get(key);
  return found?.kind === 'fill' ? found : null;
}
