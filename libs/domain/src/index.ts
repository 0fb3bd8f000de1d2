export * from './fee.ts';
export * from './fee-v1.ts';
export * from './fill.ts';
export * from './identity.ts';
export * from './inventory/balance.ts';
export * from './inventory/events.ts';
export {
  foldInventory,
  INVENTORY_IGNORED,
  INVENTORY_QUARANTINED,
  type InventoryFold,
} from './inventory/fold.ts';
export { inventoryKeys, inventoryKeysThen } from './inventory/keys.ts';
export * from './inventory/live-index.ts';
export { isOwnOfOrder, keptToken, needOf, type ReservationState } from './inventory/order.ts';
export * from './inventory/reservation.ts';
export * from './inventory/state.ts';
export {
  type InventoryAlarm,
  type InventoryChange,
  type InventoryLookup,
  type InventoryPut,
  type OutcomeOf,
} from './inventory/work.ts';
export * from './lots.ts';
export * from './mark.ts';
export * from './neg-risk.ts';
export * from './paper.ts';
export * from './position.ts';
export * from './rebate.ts';
export * from './reconciliation.ts';
export { ASIDE_WHOLE, type BookedLine, isBooking, type PlacedLine } from './refold/booked-line.ts';
export * from './refold/effect.ts';
export * from './refold/refold.ts';
export * from './refold/same-position.ts';
export * from './retention.ts';
export * from './settings.ts';
export * from './expiry.ts';
export * from './settlement/conversion.ts';
export * from './settlement/posting.ts';
export * from './settlement/redemption.ts';
export * from './settlement/resolution.ts';
export * from './settlement/sharing.ts';
export * from './settlement/split-merge.ts';
export * from './settlement/transfer.ts';
export * from './settlement-plan/index.ts';
export * from './status.ts';
export * from './token-id.ts';
export * from './valuation.ts';
export {
  type EventBook,
  type OwnersEvent,
  type ValuedEvent,
  valueEvent,
} from './valuation-event.ts';
export * from './valuation-types.ts';
export * from './token-proofs.ts';
export {
  DAY_MICROS,
  type DueWindow,
  firstWindowStart,
  type KindTold,
  type ReportWindow,
  windowAt,
  windowInForce,
  type WindowKind,
  windowsDue,
  type WindowsKnown,
} from './window-calendar.ts';
export * from './window-report.ts';
