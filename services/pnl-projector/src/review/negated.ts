/** A fill's line with the other sign. */

import { pusd, shares } from '@polytraders/money';
import { type LedgerEntry } from '../entry.ts';

/** The amounts that a fill's line says of itself, each with the other sign. */
export function amountsNegated(line: LedgerEntry) {
  return {
    quantity_shares: negated(line.quantity_shares, shares),
    size_pusd: negated(line.size_pusd, pusd),
    gross_fee_pusd: negated(line.gross_fee_pusd, pusd),
    maker_rebate_pusd: negated(line.maker_rebate_pusd, pusd),
    net_fee_pusd: negated(line.net_fee_pusd, pusd),
    builder_fee_pusd: negated(line.builder_fee_pusd, pusd),
    cash_pusd: negated(line.cash_pusd, pusd),
  };
}

function negated<Amount extends bigint>(
  amount: Amount | null,
  brand: (value: bigint) => Amount,
): Amount | null {
  return amount === null ? null : brand(0n - amount);
}
