/** Where markets stand for a wallet: open, resolving, disputed, resolved, redeemed (rule B11). */

import {
  eventStatus,
  type HeldToken,
  type Plan,
  settlementStatus,
  type SettlementStatus,
} from '@polytraders/domain';
import { addLine, type Draft, marketOf, positionOf, putPosition, unitOf } from './draft.ts';
import { type Market } from './state.ts';

/** Where the target of a job stands for its wallet: of an event, where its questions do. */
export function statusOf(draft: Draft, account: string, plan: Plan): SettlementStatus {
  const { conditionId, negRiskMarketId } = plan;
  if (conditionId !== null) return conditionStatus(draft, account, conditionId);
  const unit = unitOf(draft, negRiskMarketId ?? '');
  return eventStatus((unit?.conditions ?? []).map((one) => conditionStatus(draft, account, one)));
}

/** Says where the market stands now for the wallet, with a line where it stood elsewhere. */
export function restatePosition(draft: Draft, account: string, conditionId: string): void {
  const market = marketOf(draft, conditionId);
  const position = positionOf(draft, account, conditionId);
  if (market === undefined || position === undefined) return;
  const status = standingOf(market, position.held);
  putPosition(draft, { ...position, status });
  if (status === position.status) return;
  addLine(draft, {
    account,
    line_kind: 'STATUS',
    condition_id: conditionId,
    neg_risk_market_id: market.negRiskMarketId,
    market_status: status,
  });
}

function conditionStatus(draft: Draft, account: string, conditionId: string): SettlementStatus {
  const market = marketOf(draft, conditionId);
  if (market === undefined) return 'open';
  return standingOf(market, positionOf(draft, account, conditionId)?.held ?? []);
}

function standingOf({ told, numerators }: Market, held: readonly HeldToken[]): SettlementStatus {
  return settlementStatus(
    told,
    numerators !== null,
    held.map(({ total }) => total),
  );
}
