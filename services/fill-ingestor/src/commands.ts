/**
 * Commands (`LedgerCommand`): what a person or an executor asks of the ledger. Arguments are a JSON
 * object whose amounts are decimal texts; they are read without loss. What cannot be read, or may
 * not be asked so, is GOV_COMMAND_REFUSED with a sentence, and changes nothing.
 *
 *   RESERVE                  reservation_id?, trading_bot_id?, ttl_ms, and either token_id with
 *                            quantity_shares, or amount_pusd with max_fee_pusd
 *   CLAIM_JOB                job_id, tx_hash, claimed_by?
 *   FAIL_JOB                 job_id, tx_hash?, failed_by?
 *   DECLARE_OPENING_BALANCE  balance_pusd, positions[{trading_bot_id?, condition_id?, token_id,
 *                            quantity_shares, basis_pusd?, acquired_at?}], block_number?,
 *                            block_hash?
 *
 * Those that decide what was reviewed are in review-commands.ts.
 */

import { isOwnOfOrder } from '@polytraders/domain';
import { isRefusal, pusdIn, sharesIn } from './amounts.ts';
import { only, refused } from './command-fields.ts';
import { PROSE_MAX_BYTES, time, whyNotText, withinAmounts } from './door.ts';
import {
  type CommandArguments,
  type CommandDraft,
  type OpeningDraft,
  type Refusal,
} from './draft.ts';
import { conditionAt, hashAt, said, together, timeAt, tokenAt, wholeAt } from './fields.ts';
import { derivedId, sha256 } from './identity.ts';
import { personIn } from './people.ts';
import { quoted } from './quoted.ts';
import { type Fields } from './raw.ts';
import {
  approveRevenue,
  approveWindow,
  OF_ALL,
  releaseFill,
  reverseFill,
  REVIEWED,
} from './review-commands.ts';
import { isObject, type Json, type JsonObject, parseJson } from './sources/file/json.ts';
import { timeOfIso } from './times.ts';

/** Longest time for which inventory may be asked for: thirty days, in milliseconds. */
export const TTL_MS_MAX = 2_592_000_000;

const ACCOUNT = /^(paper:)?0x[0-9a-f]{40}$/;

/** The command, or why it is refused. */
export function commandOf(fields: Fields, marketSeq: number | null = null): CommandDraft | Refusal {
  const read = draftOf(fields, marketSeq);
  if (isRefusal(read)) return refused(read.because);
  const { reason, ...rest } = read;
  const prose = whyNotText(reason, PROSE_MAX_BYTES);
  if (prose !== null) return refused(`Expected reason ${prose}; found another.`);
  const untimely = time(read.effectiveAt);
  if (untimely !== null)
    return refused(`Expected effective_at ${untimely.expected}; found another.`);
  const odd = withinAmounts(rest, 'the command');
  return odd === null ? read : refused(odd);
}

function draftOf(fields: Fields, marketSeq: number | null): CommandDraft | Refusal {
  const read = READERS.get(fields['command'] ?? '');
  if (read === undefined) {
    const found = `found ${quoted(fields['command'] ?? '')}, for which it has no capability yet`;
    return refused(`Expected a command that this ledger carries out; ${found}.`);
  }
  const commandId = said(fields['command_id']);
  const account = said(fields['account']);
  const proposedBy = personIn(fields['proposed_by']);
  const effectiveAt = timeOfIso(fields['effective_at'] ?? '');
  if (commandId === null || proposedBy === null || effectiveAt === null) {
    return refused('Expected event_id, effective_at and proposed_by on the command; found fewer.');
  }
  const isOfAll = OF_ALL.has(fields['command'] ?? '');
  if (isOfAll !== (account === null) || (account !== null && !ACCOUNT.test(account))) {
    if (isOfAll) return refused('Expected no account on an approval; found one.');
    const found = account === null ? 'none' : quoted(account);
    return refused(`Expected the account of the command as 0x and 40 hex digits; found ${found}.`);
  }
  const given = parseJson(fields['arguments'] ?? '');
  if (!isObject(given)) {
    return refused('Expected the arguments as one JSON object, no name twice; found none.');
  }
  const asked = read(given, { commandId, proposedBy });
  if (isRefusal(asked)) return asked;
  const approvedBy = personIn(fields['approved_by']);
  if (REVIEWED.has(fields['command'] ?? '') && approvedBy === null) {
    return refused('Expected approved_by: it moves books that somebody answers for; found none.');
  }
  return {
    kind: 'command',
    commandId,
    content: contentOf(fields),
    account: account ?? '*',
    effectiveAt,
    correlationId: said(fields['correlation_id']) ?? commandId,
    proposedBy,
    approvedBy,
    reason: fields['reason'] ?? '',
    marketSeq,
    ...asked,
  };
}

/** What a command asks; who asks it again, and when, does not make it another. */
function contentOf(fields: Fields): string {
  const { command, account, arguments: given, reason } = fields;
  return sha256(JSON.stringify([command, account, given, reason]));
}

type Asker = { readonly commandId: string; readonly proposedBy: string };
type Reader = (given: JsonObject, asker: Asker) => CommandArguments | Refusal;

const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['RESERVE', reserve],
  ['CLAIM_JOB', claim],
  ['FAIL_JOB', fail],
  ['DECLARE_OPENING_BALANCE', opening],
  ['RELEASE_FILL', releaseFill],
  ['REVERSE_FILL', reverseFill],
  ['APPROVE_WINDOW', approveWindow],
  ['APPROVE_REVENUE', approveRevenue],
]);

function reserve(given: JsonObject, { commandId }: Asker): CommandArguments | Refusal {
  const names = ['reservation_id', 'trading_bot_id', 'ttl_ms', 'token_id'];
  const fields = only(given, [...names, 'quantity_shares', 'amount_pusd', 'max_fee_pusd']);
  if (isRefusal(fields)) return fields;
  const read = together({
    tokenId: tokenAt(fields, false),
    quantity: sharesIn('quantity_shares', said(fields['quantity_shares'])),
    amount: pusdIn('amount_pusd', said(fields['amount_pusd'])),
    maxFee: pusdIn('max_fee_pusd', said(fields['max_fee_pusd'])),
    ttlMs: wholeAt(fields, 'ttl_ms'),
  });
  if (isRefusal(read)) return read;
  const { tokenId, quantity, amount, ttlMs } = read;
  const isShares = tokenId !== null && quantity !== null && amount === null;
  const isCash = tokenId === null && quantity === null && amount !== null;
  if (!isShares && !isCash) {
    return refused('Expected token_id with quantity_shares, or amount_pusd alone; found neither.');
  }
  if ((quantity ?? amount ?? 0n) <= 0n) {
    const found = quoted(fields['quantity_shares'] ?? fields['amount_pusd'] ?? '');
    return refused(`Expected more than 0 to reserve; found ${found}.`);
  }
  if (ttlMs === null || ttlMs < 1 || ttlMs > TTL_MS_MAX) {
    const expected = `Expected ttl_ms from 1 to ${String(TTL_MS_MAX)}`;
    return refused(`${expected}; found ${quoted(fields['ttl_ms'] ?? '')}.`);
  }
  const reservationId = said(fields['reservation_id']) ?? derivedId('rsv', commandId);
  if (isOwnOfOrder(reservationId)) {
    const found = `found ${quoted(reservationId)}, which is what orders have of their own`;
    return refused(`Expected a reservation_id that does not begin with order/; ${found}.`);
  }
  return {
    command: 'RESERVE',
    ...read,
    ttlMs,
    reservationId,
    tradingBotId: said(fields['trading_bot_id']),
  };
}

function claim(given: JsonObject, { proposedBy }: Asker): CommandArguments | Refusal {
  const fields = only(given, ['job_id', 'tx_hash', 'claimed_by']);
  if (isRefusal(fields)) return fields;
  const txHash = hashAt(fields, 'tx_hash');
  if (isRefusal(txHash)) return txHash;
  const jobId = said(fields['job_id']);
  if (jobId === null || txHash === null) {
    return refused('Expected job_id and tx_hash of the claim; found fewer.');
  }
  const claimedBy = said(fields['claimed_by']) ?? proposedBy;
  return { command: 'CLAIM_JOB', jobId, txHash, claimedBy };
}

function fail(given: JsonObject, { proposedBy }: Asker): CommandArguments | Refusal {
  const fields = only(given, ['job_id', 'tx_hash', 'failed_by']);
  if (isRefusal(fields)) return fields;
  const txHash = hashAt(fields, 'tx_hash');
  if (isRefusal(txHash)) return txHash;
  const jobId = said(fields['job_id']);
  if (jobId === null) return refused('Expected job_id of what failed; found none.');
  return { command: 'FAIL_JOB', jobId, txHash, failedBy: said(fields['failed_by']) ?? proposedBy };
}

function opening(given: JsonObject): CommandArguments | Refusal {
  const { positions = [], ...rest } = given;
  const fields = only(rest, ['balance_pusd', 'block_number', 'block_hash']);
  if (isRefusal(fields)) return fields;
  const read = together({
    balance: pusdIn('balance_pusd', said(fields['balance_pusd'])),
    blockNumber: wholeAt(fields, 'block_number'),
    blockHash: hashAt(fields, 'block_hash'),
  });
  if (isRefusal(read)) return read;
  const { balance, blockNumber, blockHash } = read;
  if (balance === null) return refused('Expected balance_pusd; found none. 0 is an answer, too.');
  const list = positionsIn(positions);
  if (isRefusal(list)) return list;
  const command = 'DECLARE_OPENING_BALANCE';
  return { command, balance, positions: list, blockNumber, blockHash };
}

function positionsIn(given: Json): readonly OpeningDraft[] | Refusal {
  if (!Array.isArray(given)) return refused('Expected positions as a list; found something else.');
  const positions: OpeningDraft[] = [];
  for (const one of given as readonly Json[]) {
    const position = positionIn(one);
    if (isRefusal(position)) return position;
    positions.push(position);
  }
  return positions;
}

function positionIn(given: Json): OpeningDraft | Refusal {
  if (!isObject(given)) return refused('Expected each position as an object; found another.');
  const names = ['trading_bot_id', 'condition_id', 'token_id', 'quantity_shares'];
  const fields = only(given, [...names, 'basis_pusd', 'acquired_at']);
  if (isRefusal(fields)) return fields;
  const read = together({
    conditionId: conditionAt(fields, false),
    tokenId: tokenAt(fields, false),
    quantity: sharesIn('quantity_shares', said(fields['quantity_shares'])),
    basis: pusdIn('basis_pusd', said(fields['basis_pusd'])),
    acquiredAt: timeAt(fields, 'acquired_at'),
  });
  if (isRefusal(read)) return read;
  const { tokenId, quantity, acquiredAt } = read;
  if (tokenId === null || quantity === null || quantity <= 0n) {
    return refused('Expected token_id and more than 0 quantity_shares a position; found less.');
  }
  const untimely = acquiredAt === null ? null : time(acquiredAt);
  if (untimely !== null)
    return refused(`Expected acquired_at ${untimely.expected}; found another.`);
  return { ...read, tokenId, quantity, tradingBotId: said(fields['trading_bot_id']) };
}
