/** Rows of deadlines: of open orders, and of reservations that were asked for. */

import { type Change } from '@polytraders/stream';
import { type DeadlineRow, DEADLINES, RESERVATIONS, rowOfReservation } from './rows-movements.ts';
import { type OrderState, type ReservationState } from './state.ts';

/** An id of a reservation, and the deadline of its request. */
export function changesOfReservation(
  before: ReservationState | undefined,
  after: ReservationState,
): readonly Change[] {
  const own: Change = { upsert: RESERVATIONS.name, row: rowOfReservation(after) };
  const { reservationId: id, partition, expiresAt } = after;
  if (expiresAt === null || before?.expiresAt === expiresAt) return [own];
  const due = deadlineOf('reservation', id, partition, expiresAt);
  return [own, { upsert: DEADLINES.name, row: due }];
}

/** The deadline of an order stands while it is open, until the clock has told it. */
export function changesOfDeadline(
  before: OrderState | undefined,
  after: OrderState,
): readonly Change[] {
  const left = deadlineOfOrder(before);
  const set = deadlineOfOrder(after);
  if (left?.due_at === set?.due_at) return [];
  if (set !== null) return [{ upsert: DEADLINES.name, row: set }];
  return left === null ? [] : [{ remove: DEADLINES.name, row: left }];
}

function deadlineOfOrder(order: OrderState | undefined): DeadlineRow | null {
  if (order?.status !== 'OPEN' || order.expiresAt === null) return null;
  return deadlineOf('order', order.orderId, order.partition, order.expiresAt);
}

function deadlineOf(
  kind: DeadlineRow['kind'],
  id: string,
  partition: number,
  due: number,
): DeadlineRow {
  return { kind, id, log_partition: String(partition), due_at: due };
}
