/**
 * In which order the rows of an export are taken. The venue prints the newest first, and a
 * redemption closes what its wallet holds at that moment: taken before the buys it would close
 * nothing. So rows go by their time, and within a second what yields shares goes before what uses
 * them. Other ties keep the order of the file, turned round where the file runs backwards.
 *
 * A row is known by its number, wherever it is taken: the order changes no identity.
 */

/** When a row happened, in microseconds (null: not known), and its place within that moment. */
export type RowMoment = { readonly time: number | null; readonly rank: number };

/** The moments of all rows of a file, 16 bytes each. */
export type Moments = { readonly times: number[]; readonly ranks: number[] };

/** Rows that are held at once: a file that is out of order is read once for each so many. */
export const ROWS_HELD_MAX = 20_000;

/**
 * For each row the place at which it is taken, both from 0; null where the file is in order as it
 * is.
 */
export function placesOf({ times, ranks }: Moments): Uint32Array | null {
  const known = times.filter((time) => time !== UNKNOWN);
  const isBackwards = (known.at(-1) ?? 0) < (known[0] ?? 0);
  const rows = Uint32Array.from(times, (_, row) => row).sort((a, b) => {
    const byTime = (times[a] ?? 0) - (times[b] ?? 0);
    if (byTime !== 0) return byTime;
    const byRank = (ranks[a] ?? 0) - (ranks[b] ?? 0);
    if (byRank !== 0) return byRank;
    return isBackwards ? b - a : a - b;
  });
  if (rows.every((row, place) => row === place)) return null;
  const places = new Uint32Array(rows.length);
  rows.forEach((row, place) => {
    places[row] = place;
  });
  return places;
}

/** Adds the next row: one without a time stays beside the row before it. */
export function note({ times, ranks }: Moments, { time, rank }: RowMoment): void {
  const before = times.length - 1;
  times.push(time ?? times[before] ?? UNKNOWN);
  ranks.push(time === null ? (ranks[before] ?? 0) : rank);
}

const UNKNOWN = -1;

/**
 * The rows, numbered from 1, in the order of their places. The file is read anew for each `most` of
 * them; `read` may leave out what is not asked for.
 */
export async function* inOrder<Row extends { readonly row: number }>(
  read: (wants: (row: number) => boolean) => AsyncIterable<Row>,
  places: Uint32Array,
  most = ROWS_HELD_MAX,
): AsyncGenerator<Row> {
  for (let start = 0; start < places.length; start += most) {
    const held: Row[] = [];
    const isHere = (row: number): boolean => {
      const place = places[row - 1] ?? -1;
      return place >= start && place < start + most;
    };
    for await (const one of read(isHere)) {
      if (isHere(one.row)) held[(places[one.row - 1] ?? 0) - start] = one;
    }
    yield* held;
  }
}
