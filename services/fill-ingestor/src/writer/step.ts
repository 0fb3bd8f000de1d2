/** One input of the writer: what it is, and whether what follows from it can be written. */

import { ContractError } from '@polytraders/contracts';
import { type Lookup, type Recorded, type Step } from '@polytraders/stream';
import { type Accounts } from '../accounts.ts';
import { type Refusal } from '../draft.ts';
import { type InboxEvent } from '../inbox-event.ts';
import { namesOfDraft } from '../names.ts';
import { stepCommand, type WriterRules } from './commands.ts';
import { doubtPuts, doubtsOf } from './doubts.ts';
import { type Entry, requireWritable } from './entry.ts';
import { stepFill } from './fills.ts';
import { stepMovement } from './movements.ts';
import { insideSentence, openingOf } from './opening.ts';
import { stepOrder } from './orders.ts';
import { quarantine } from './quarantine.ts';
import { stepReady } from './ready.ts';
import { type Entity } from './state.ts';

/** The last net: an input whose records cannot be written is set aside; the next one goes on. */
export function stepInput(
  lookup: Lookup<Entity>,
  { event }: Recorded<InboxEvent>,
  accounts: Accounts,
  rules: WriterRules,
): Step<Entity, Entry> {
  try {
    const step = judge(lookup, event, accounts, rules);
    if (step.outcome !== 'ignored') step.entries.forEach(requireWritable);
    return step;
  } catch (cause) {
    if (!(cause instanceof ContractError)) throw cause;
    const { input } = event;
    const isNameless = input.kind === 'record' || input.kind === 'refusal';
    const names = isNameless ? {} : namesOfDraft(input);
    return quarantine(event, { reason: 'INVALID_INPUT', because: cause.message, ...names });
  }
}

function judge(
  lookup: Lookup<Entity>,
  event: InboxEvent,
  accounts: Accounts,
  rules: WriterRules,
): Step<Entity, Entry> {
  const { input } = event;
  switch (input.kind) {
    case 'fill':
      return stepFill(event, input, lookup, accounts);
    case 'order':
      return stepOrder(event, input, lookup, accounts);
    case 'movement':
      return stepMovement(event, input, lookup, accounts);
    case 'command':
      return stepCommand(event, input, lookup, accounts, rules);
    case 'record':
      return stepReady(event, input, lookup, accounts);
    case 'refusal':
      return refused(event, input, lookup);
  }
}

/**
 * Shares or cash that moved and are not booked: what is booked later says so (B18), unless the
 * opening balance of the account holds them, whatever they were.
 */
function refused(
  event: InboxEvent,
  { reason, because, names, blockNumber: block }: Refusal,
  lookup: Lookup<Entity>,
): Step<Entity, Entry> {
  const step = quarantine(event, { reason, because, ...names });
  const account = names?.account ?? null;
  const leavesOut = reason === 'GOV_MOVEMENT_UNCLASSIFIED' && account !== null;
  if (step.outcome !== 'quarantined' || !leavesOut) return step;
  const opening = openingOf(lookup, account);
  if (opening?.block != null && block !== undefined && block <= opening.block) {
    const inside = insideSentence('what moved', { block, at: event.receivedAt }, opening);
    const why = `${inside} ${because}`;
    return quarantine(event, { reason: 'GOV_BEFORE_OPENING', because: why, ...names });
  }
  return { ...step, puts: doubtPuts(event, account, doubtsOf(lookup, event.partition), reason) };
}
