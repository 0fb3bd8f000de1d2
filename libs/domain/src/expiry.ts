/**
 * When a month of a ledger may be dropped (rule B15): when the last day of keeping of every line in
 * it is over, nothing in it waits for a review, no open lot refers to it, and its root stands in a
 * signed certificate, from which the books are verified afterwards. Without a clock and without a
 * database: whoever asks says which day it is and what was found.
 */

import { type IsoDate } from './retention.ts';

/** A month of a ledger as it stands in the database. */
export type MonthFacts = {
  readonly ledger: string;
  /** Its first day. */
  readonly month: IsoDate;
  readonly lines: number;
  /** Lines of the regulatory tier: those that have a last day of keeping. */
  readonly regulatory: number;
  /** The latest of these days; null where there is no such line. */
  readonly retainedUntil: IsoDate | null;
  /** Lines of quarantined facts, and held reports, that nobody has reviewed. */
  readonly unreviewed: number;
  /** Lines that ought to have a last day, being neither paper nor quarantined, and have none. */
  readonly undated: number;
  /** Open lots that a line of this month has opened. */
  readonly openLots: number;
  /** SHA-256 over its lines, hexadecimal; null where it was not computed: that proves nothing. */
  readonly root: string | null;
};

export type CertifiedMonth = Pick<MonthFacts, 'ledger' | 'month' | 'lines'> & {
  readonly root: string;
};

/** What a certificate proves, its signature checked by whoever read it. */
export type Certificate = {
  readonly id: string;
  readonly signed: boolean;
  readonly months: readonly CertifiedMonth[];
};

/** Why a month is kept. */
export type Hold =
  | { readonly kind: 'RETAINED'; readonly until: IsoDate }
  | { readonly kind: 'UNREVIEWED'; readonly lines: number }
  | { readonly kind: 'UNDATED'; readonly lines: number }
  | { readonly kind: 'OPEN_LOTS'; readonly lots: number }
  | { readonly kind: 'NO_CERTIFICATE' }
  | { readonly kind: 'CERTIFICATE_UNSIGNED'; readonly certificate: string }
  | { readonly kind: 'CERTIFICATE_DIFFERS'; readonly certificate: string };

/**
 * What keeps a month, in this order; nothing where it may be dropped. The last day of keeping is
 * itself kept: 2033-05-08 is over on 2033-05-09.
 */
export function holdsOf(
  facts: MonthFacts,
  today: IsoDate,
  certificate: Certificate | null,
): readonly Hold[] {
  const { retainedUntil: until, unreviewed, undated, openLots } = facts;
  return [
    ...(until !== null && today <= until ? [{ kind: 'RETAINED', until } as const] : []),
    ...(unreviewed > 0 ? [{ kind: 'UNREVIEWED', lines: unreviewed } as const] : []),
    ...(undated > 0 ? [{ kind: 'UNDATED', lines: undated } as const] : []),
    ...(openLots > 0 ? [{ kind: 'OPEN_LOTS', lots: openLots } as const] : []),
    ...proofHolds(facts, certificate),
  ];
}

function proofHolds(facts: MonthFacts, certificate: Certificate | null): readonly Hold[] {
  const named = certificate?.months.find(
    ({ ledger, month }) => ledger === facts.ledger && month === facts.month,
  );
  if (certificate === null || named === undefined) return [{ kind: 'NO_CERTIFICATE' }];
  const { id, signed } = certificate;
  if (!signed) return [{ kind: 'CERTIFICATE_UNSIGNED', certificate: id }];
  const isProven = named.root === facts.root && named.lines === facts.lines;
  return isProven ? [] : [{ kind: 'CERTIFICATE_DIFFERS', certificate: id }];
}
