/**
 * Chain movements: what leaves and what comes, as totals. They are final when they stand on the
 * log, so nothing of them is ever pending; where they take more than is free, free turns negative.
 */

import { type InventoryEvent, type Leg, type OpeningNews } from './events.ts';
import { balanceKey } from './state.ts';
import { moveCash, moveToken, type Work } from './work.ts';

export type Movement = Extract<
  InventoryEvent,
  {
    readonly type:
      | 'PositionsSplit'
      | 'PositionsMerged'
      | 'PositionsConverted'
      | 'PositionsRedeemed'
      | 'TokensTransferred'
      | 'CashMoved';
  }
>;

/** Moves what the event says that the chain has moved. */
export function applyMovement(work: Work, event: Movement): void {
  const { account } = event.value;
  switch (event.type) {
    case 'PositionsSplit':
      moveCash(work, account, { total: -event.value.amount_pusd });
      return moveLegs(work, account, event.value.condition_id, event.value.legs, 1n);
    case 'PositionsMerged':
      moveCash(work, account, { total: event.value.amount_pusd });
      return moveLegs(work, account, event.value.condition_id, event.value.legs, -1n);
    case 'PositionsRedeemed':
      moveCash(work, account, { total: event.value.payout_pusd });
      return moveLegs(work, account, event.value.condition_id, event.value.legs, -1n);
    case 'PositionsConverted':
      moveCash(work, account, { total: event.value.payout_pusd });
      moveLegs(work, account, null, event.value.legs_out, -1n);
      return moveLegs(work, account, null, event.value.legs_in, 1n);
    case 'TokensTransferred': {
      const { direction, quantity_shares: quantity, condition_id: conditionId } = event.value;
      const total = direction === 'IN' ? quantity : -quantity;
      return moveToken(work, account, event.value.token_id, { conditionId }, { total });
    }
    case 'CashMoved':
      return moveCash(work, account, { total: event.value.amount_pusd });
  }
}

/**
 * What the account held when its books began, on top of what has moved since: it may be declared
 * late. False where one was declared before.
 */
export function openBalance(work: Work, opening: OpeningNews): boolean {
  const { account, balance_pusd: total } = opening;
  if (work.balance(account, null).isOpened) return false;
  moveCash(work, account, { total });
  work.put(balanceKey(account, null), { ...work.balance(account, null), isOpened: true });
  for (const { token_id: token, condition_id: conditionId, quantity_shares } of opening.positions) {
    moveToken(work, account, token, { conditionId }, { total: quantity_shares });
  }
  return true;
}

function moveLegs(
  work: Work,
  account: string,
  conditionId: string | null,
  legs: readonly Leg[],
  sign: 1n | -1n,
): void {
  for (const { token_id: token, outcome_index: outcomeIndex, quantity_shares } of legs) {
    // The legs of a conversion are questions of their own: an index is that within the question.
    const facts = { conditionId, outcomeIndex };
    moveToken(work, account, token, facts, { total: sign * quantity_shares });
  }
}
