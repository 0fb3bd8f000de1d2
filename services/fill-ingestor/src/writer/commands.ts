/**
 * Commands onto the log. A command is known by its id: the same again is a duplicate, another one
 * under its id is refused, and so is what can be asked only once. Whether a request is granted, or
 * a job may be claimed, the projections say that have the inventory and the jobs.
 */

import { type Records } from '@polytraders/contracts';
import { type Lookup, type Put, type Step } from '@polytraders/stream';
import { type Accounts } from '../accounts.ts';
import { type CommandDraft, type OpeningDraft } from '../draft.ts';
import { type InboxEvent } from '../inbox-event.ts';
import { isSamePerson } from '../people.ts';
import { factsOf, UNATTRIBUTED } from './enrich.ts';
import { type Entry, ledgerEntry } from './entry.ts';
import { type Envelope, envelopeOf } from './envelope.ts';
import { movedDayPuts } from './fill-days.ts';
import { heldPuts } from './held.ts';
import { type MarketUse, useMarket } from './markets.ts';
import { quarantine } from './quarantine.ts';
import { whyNotBefore } from './opening.ts';
import { releaseFill, reverseFill, stepApproval } from './reviews.ts';
import {
  claimsKey,
  type ClaimsState,
  commandKey,
  type Entity,
  openingKey,
  placeOf,
  reservationKey,
  tokenPlace,
} from './state.ts';

type Outcome = Step<Entity, Entry>;
type Of<Name extends CommandDraft['command']> = Extract<CommandDraft, { readonly command: Name }>;
/** What a command writes and what is remembered of it, besides the command itself. */
type Done = {
  readonly puts: readonly Put<Entity>[];
  readonly entries: readonly [...Entry[], Entry];
};

/** What the operator of this ledger demands besides. */
export type WriterRules = {
  /** Whether whoever reviews a command must be another than who asks it (B18). */
  readonly secondApprover: boolean;
};

/** One command. */
export function stepCommand(
  event: InboxEvent,
  draft: CommandDraft,
  lookup: Lookup<Entity>,
  accounts: Accounts,
  rules: WriterRules,
): Outcome {
  const alone = rules.secondApprover ? decidedAlone(draft) : null;
  if (draft.command === 'APPROVE') return stepApproval(event, draft, lookup, alone);
  const { commandId, content } = draft;
  const known = lookup.get(commandKey(commandId));
  if (known?.kind === 'command') {
    if (known.content === content) return { outcome: 'ignored', because: 'duplicate' };
    const conflictsWith = { eventId: known.eventId, bytes: null };
    const because =
      `Expected command ${commandId} as it was first asked; found another under its id. Ask ` +
      'under an id of its own.';
    return refused(event, draft, because, conflictsWith);
  }
  const done = alone ?? doneBy(event, draft, lookup, accounts);
  if (typeof done === 'string') return refused(event, draft, done);
  const { partition } = event;
  const eventId = done.entries[done.entries.length - 1]?.event_id ?? '';
  const entity: Entity = { kind: 'command', partition, commandId, content, eventId };
  return {
    outcome: 'applied',
    puts: [...done.puts, { key: commandKey(commandId), entity }],
    entries: done.entries,
  };
}

/** Why nobody else has reviewed what was asked; null where somebody has, or nobody need. */
function decidedAlone({ proposedBy, approvedBy }: CommandDraft): string | null {
  if (approvedBy === null || !isSamePerson(approvedBy, proposedBy)) return null;
  return `Expected approved_by to be another than proposed_by; found ${proposedBy} in both.`;
}

function doneBy(
  event: InboxEvent,
  draft: Exclude<CommandDraft, Of<'APPROVE'>>,
  lookup: Lookup<Entity>,
  accounts: Accounts,
): Done | string {
  switch (draft.command) {
    case 'RESERVE':
      return reserve(event, draft, lookup, botIn(accounts, draft));
    case 'CLAIM_JOB':
      return claim(event, draft, lookup);
    case 'FAIL_JOB':
      return fail(event, draft);
    case 'DECLARE_OPENING_BALANCE':
      return open(event, draft, lookup, accounts);
    case 'RELEASE_FILL':
      return releaseFill(event, draft, lookup);
    case 'REVERSE_FILL':
      return reverseFill(event, draft, lookup);
  }
}

/** Asks the reserver for inventory. The time that it has counts from when the command was read. */
function reserve(
  event: InboxEvent,
  draft: Of<'RESERVE'>,
  lookup: Lookup<Entity>,
  tradingBotId: string,
): Done | string {
  const { account, reservationId, ttlMs } = draft;
  const known = lookup.get(reservationKey(reservationId));
  if (known?.kind === 'reservation' && known.account !== account)
    return `Expected a reservation id of ${account}; found ${reservationId}, which another has.`;
  if (known?.kind === 'reservation' && known.expiresAt !== null)
    return `Expected a reservation of its own; found ${reservationId}, which was asked for before.`;
  const { partition, receivedAt } = event;
  const expiresAt = receivedAt + ttlMs * 1000;
  const value: Records['ReservationRequested'] = {
    ...envelope(event, draft, 'ReservationRequested', reservationId),
    reservation_id: reservationId,
    account,
    trading_bot_id: tradingBotId,
    token_id: draft.tokenId,
    quantity_shares: draft.quantity,
    amount_pusd: draft.amount,
    max_fee_pusd: draft.maxFee,
    expires_at: expiresAt,
    ttl_ms: ttlMs,
    proposed_by: draft.proposedBy,
    ...sourceOf(event),
  };
  const entity: Entity = { kind: 'reservation', partition, reservationId, account, expiresAt };
  return {
    puts: [{ key: reservationKey(reservationId), entity }],
    entries: [ledgerEntry('ReservationRequested', value, placed(event, account))],
  };
}

/**
 * Remembers which jobs of the account a transaction carries out: its movements say the job, if it
 * is one. Other accounts may have jobs of theirs in the same transaction.
 */
function claim(event: InboxEvent, draft: Of<'CLAIM_JOB'>, lookup: Lookup<Entity>): Done | string {
  const { account, jobId, txHash, claimedBy } = draft;
  const { partition } = event;
  const key = claimsKey(account, txHash);
  const found = lookup.get(key);
  const jobs: ClaimsState['jobs'] = found?.kind === 'claims' ? found.jobs : new Map();
  if (jobs.has(jobId)) {
    return `Expected a claim of job ${jobId} that is not known; found it with ${txHash} already.`;
  }
  const value: Records['SettlementJobClaimed'] = {
    ...envelope(event, draft, 'SettlementJobClaimed', jobId, txHash),
    job_id: jobId,
    account,
    tx_hash: txHash,
    claimed_by: claimedBy,
    ...sourceOf(event),
  };
  const entity: ClaimsState = {
    kind: 'claims',
    partition,
    account,
    txHash,
    jobs: new Map([...jobs, [jobId, { claimedBy }]]),
  };
  const entry = ledgerEntry('SettlementJobClaimed', value, placed(event, account));
  return { puts: [{ key, entity }], entries: [entry] };
}

function fail(event: InboxEvent, draft: Of<'FAIL_JOB'>): Done {
  const { account, jobId, txHash, failedBy, reason, commandId } = draft;
  // A job may fail more than once: with each executor that tries it.
  const value: Records['SettlementJobFailed'] = {
    ...envelope(event, draft, 'SettlementJobFailed', jobId, commandId),
    job_id: jobId,
    account,
    tx_hash: txHash,
    failed_by: failedBy,
    reason,
    ...sourceOf(event),
  };
  const entry = ledgerEntry('SettlementJobFailed', value, placed(event, account));
  return { puts: [], entries: [entry] };
}

/** Begins the books of an account: once, since a second one would count everything twice. */
function open(
  event: InboxEvent,
  draft: Of<'DECLARE_OPENING_BALANCE'>,
  lookup: Lookup<Entity>,
  accounts: Accounts,
): Done | string {
  const { account, positions } = draft;
  const { partition } = event;
  const stands = { block: draft.blockNumber, at: draft.effectiveAt };
  const booked = whyNotBefore(lookup, account, stands);
  if (booked !== null) return booked;
  if (lookup.get(openingKey(account)) !== undefined) {
    return `Expected one opening balance of ${account}; found that it was declared before.`;
  }
  const bot = accounts.get(account)?.defaultBot ?? UNATTRIBUTED;
  const markets = marketsOf(event, account, positions, lookup);
  const value: Records['OpeningBalance'] = {
    ...envelope(event, draft, 'OpeningBalance', account),
    account,
    balance_pusd: draft.balance,
    positions: positions.map((one) => ({
      trading_bot_id: one.tradingBotId ?? bot,
      condition_id: one.conditionId,
      token_id: one.tokenId,
      quantity_shares: one.quantity,
      basis_pusd: one.basis,
      acquired_at: one.acquiredAt,
    })),
    block_number: draft.blockNumber,
    block_hash: draft.blockHash,
    proposed_by: draft.proposedBy,
    approved_by: draft.approvedBy,
    reason: draft.reason,
    ...sourceOf(event),
  };
  const entry = ledgerEntry('OpeningBalance', value, placed(event, account));
  const held = positions.map((one) => ({
    place: placeOf(one) ?? tokenPlace(one.tokenId),
    tokenId: one.tokenId,
    by: one.quantity,
  }));
  const eventId = entry.event_id;
  const entity: Entity = { kind: 'opening', partition, account, eventId, ...stands };
  return {
    puts: [
      ...markets.puts,
      ...heldPuts(lookup, { partition, account }, held, null),
      { key: openingKey(account), entity },
      ...movedDayPuts(lookup, event, draft.effectiveAt),
    ],
    entries: [...markets.entries, entry],
  };
}

/** The markets of the positions, each once. */
function marketsOf(
  event: InboxEvent,
  account: string,
  positions: readonly OpeningDraft[],
  lookup: Lookup<Entity>,
): MarketUse {
  const byPlace = new Map(positions.map((one) => [placeOf(one), one]));
  const puts = new Map<string, Put<Entity>>();
  const entries = new Map<string, Entry>();
  for (const one of byPlace.values()) {
    const used = useMarket(event, lookup, one, factsOf(lookup, one), account);
    for (const put of used.puts) puts.set(put.key, put);
    for (const entry of used.entries) entries.set(entry.event_id, entry);
  }
  return { puts: [...puts.values()], entries: [...entries.values()] };
}

function botIn(accounts: Accounts, draft: Of<'RESERVE'>): string {
  return draft.tradingBotId ?? accounts.get(draft.account)?.defaultBot ?? UNATTRIBUTED;
}

function envelope(
  event: InboxEvent,
  draft: CommandDraft,
  ...identity: [string, ...string[]]
): Envelope {
  const { correlationId, commandId, effectiveAt } = draft;
  return envelopeOf(event, { identity, correlationId, causationId: commandId, effectiveAt });
}

function sourceOf({ source, sourcePosition }: InboxEvent) {
  return { source, source_position: sourcePosition };
}

function placed({ sourcePosition }: InboxEvent, account: string) {
  return { key: account, fillId: null, sourcePosition, reasonCode: null };
}

function refused(
  event: InboxEvent,
  { account }: CommandDraft,
  because: string,
  conflictsWith?: { readonly eventId: string; readonly bytes: null },
): Outcome {
  const against = conflictsWith === undefined ? {} : { conflictsWith };
  return quarantine(event, { reason: 'GOV_COMMAND_REFUSED', because, account, ...against });
}
