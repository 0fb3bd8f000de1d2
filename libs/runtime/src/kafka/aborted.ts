/**
 * Which records of a fetch belong to aborted transactions. The broker lists those in the order of
 * their ends, and their records may lie between one another's.
 */

export type AbortedTransaction = { readonly producerId: number; readonly firstOffset: number };

/** Walks with a reader from record to record, or from batch to batch, in the order of offsets. */
export type AbortedWalk = {
  /** The reader has come so far: transactions that begin up to here are open. */
  readonly reach: (offset: number) => void;
  /** Whether a record of the producer in a transaction, here, was aborted. */
  readonly isGone: (producerId: number) => boolean;
  /** The marker of its abort stands here: what the producer says next is another transaction. */
  readonly ended: (producerId: number) => void;
};

export function walkAborted(aborted: readonly AbortedTransaction[]): AbortedWalk {
  const waiting = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset);
  const open = new Set<number>();
  return {
    reach: (offset) => {
      while (waiting[0] !== undefined && waiting[0].firstOffset <= offset) {
        open.add(waiting[0].producerId);
        waiting.shift();
      }
    },
    isGone: (producerId) => open.has(producerId),
    ended: (producerId) => void open.delete(producerId),
  };
}
