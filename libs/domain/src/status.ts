/**
 * The ladder of a fill (rule B8): MATCHED → MINED → CONFIRMED, or FAILED.
 *
 * Only CONFIRMED reaches the PnL; MATCHED and MINED are provisional; FAILED undoes them. The two
 * ends exclude each other: one after the other is a conflict that an operator decides
 * (`GOV_FILL_STATUS_CONFLICT`), because one of the two sources is wrong about money.
 */

export type FillStatus = 'MATCHED' | 'MINED' | 'CONFIRMED' | 'FAILED';

/**
 * `advance`: new. `repeat`: the same again. `behind`: an earlier rung arriving late, already
 * included. `conflict`: CONFIRMED after FAILED or FAILED after CONFIRMED.
 */
export type StatusVerdict = 'advance' | 'repeat' | 'behind' | 'conflict';

/** Judges a status that arrives when `current` is known (null: nothing is). */
export function judgeStatus(current: FillStatus | null, arriving: FillStatus): StatusVerdict {
  if (current === null) return 'advance';
  if (current === arriving) return 'repeat';
  if (isFinal(current)) return isFinal(arriving) ? 'conflict' : 'behind';
  return arriving === 'MATCHED' ? 'behind' : 'advance';
}

/** CONFIRMED and FAILED are final: nothing comes after them. */
export function isFinal(status: FillStatus): boolean {
  return status === 'CONFIRMED' || status === 'FAILED';
}
