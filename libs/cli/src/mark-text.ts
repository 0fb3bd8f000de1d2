/** The mark behind an unrealised figure, for people (rule B4): never the figure without its age. */

const MS_PER_SECOND = 1000;

export type ShownMark = {
  /** Decimal text; null where there is no mark. */
  readonly price: string | null;
  readonly kind: string | null;
  /** Age when the number was computed; null of a payout, and where nobody knows it. */
  readonly ageMs: number | null;
  readonly stale: boolean;
};

/** `0.42 MID, 2.750 s`, with `stale` as STALE_DATA; a dash where there is no mark. */
export function markText({ price, kind, ageMs, stale }: ShownMark): string {
  if (price === null) return '–';
  const short = price.includes('.') ? price.replace(/\.?0+$/, '') : price;
  const age = ageMs === null ? [] : [`${(ageMs / MS_PER_SECOND).toFixed(3)} s`];
  const named = kind === null ? short : `${short} ${kind}`;
  return [named, ...age, ...(stale ? ['stale'] : [])].join(', ');
}
