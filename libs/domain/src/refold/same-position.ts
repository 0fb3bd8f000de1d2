/** Whether two positions are the same one. */

import { lotsOf } from '../lots.ts';
import { type Position } from '../position.ts';

/** The same open lots. What was realised before the first line that is kept does not matter. */
export function isSamePosition(a: Position, b: Position): boolean {
  const [left, right] = [lotsOf(a.lots), lotsOf(b.lots)];
  return (
    a.direction === b.direction &&
    left.length === right.length &&
    left.every((lot, at) => {
      const other = right[at];
      return (
        other !== undefined &&
        lot.quantity === other.quantity &&
        lot.basis === other.basis &&
        lot.offset === other.offset &&
        lot.fillId === other.fillId &&
        lot.openedAt === other.openedAt
      );
    })
  );
}
