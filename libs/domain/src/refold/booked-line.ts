/** A ledger line as it is folded again, and what it says of the lots that it opens. */

import { pusd, type PusdMicros, shares, type ShareMicros } from '@polytraders/money';
import { type OrderSide } from '../fill.ts';
import { type TimeMicros } from '../retention.ts';
import { type Inflow, type Origin } from '../settlement/posting.ts';

/** What of a ledger line is folded again. */
export type BookedLine = {
  readonly entry_kind: string;
  readonly event_id: string;
  readonly fill_id: string | null;
  readonly token_id: string | null;
  readonly trading_bot_id: string;
  readonly order_side: OrderSide | null;
  readonly quantity_shares: ShareMicros | null;
  readonly size_pusd: PusdMicros | null;
  readonly cash_pusd: PusdMicros | null;
  readonly carried_basis_pusd: PusdMicros | null;
  readonly effective_at: TimeMicros;
  readonly confirmed_at: TimeMicros;
  readonly quarantined: boolean;
  /** Of an opening balance its lots; of a movement that was not booked at all `aside`. */
  readonly detail: string | null;
};

/** A line at its place on the log. */
export type PlacedLine<Line extends BookedLine> = {
  readonly offset: number;
  readonly line: number;
  readonly entry: Line;
};

/** The detail of a line whose movement was not booked at all, unlike one that the books lacked. */
export const ASIDE_WHOLE = 'aside';
type OpenedLot = Pick<Inflow, 'quantity' | 'basis' | 'origin'>;

/** A line that puts a fill into its book. */
export function isBooking(line: BookedLine): boolean {
  return (line.entry_kind === 'FILL' || line.entry_kind === 'RELEASE') && !line.quarantined;
}

/** Where the lots of a line come from. */
export function originOf(line: BookedLine, offset: number): Origin {
  return { id: line.event_id, offset, at: line.effective_at };
}

/** The lots of an opening balance: `quantity basis at`, one a line. */
export function openedLots(text: string, origin: Origin): readonly OpenedLot[] {
  return text.split('\n').map((lot) => {
    const [quantity = '', basis = '', at = ''] = lot.split(' ');
    return {
      quantity: shares(BigInt(quantity)),
      basis: basis === '?' ? null : pusd(BigInt(basis)),
      origin: { ...origin, at: Number(at) }, // tidy-ok: microseconds since 1970.
    };
  });
}

/** The token of a line that has one. */
export function tokenOf({ token_id: token }: BookedLine): string {
  return token ?? '';
}
