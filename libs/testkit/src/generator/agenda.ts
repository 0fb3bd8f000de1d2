/**
 * What happens next on the generated day: a binary heap of things to do, ordered by time and, where
 * times are equal, by the order in which they were planned, so that a seed gives one day only.
 */

export type Agenda = {
  readonly plan: (at: number, run: () => void) => void;
  /** Runs the earliest entry; false when nothing is planned any more. */
  readonly runNext: () => boolean;
};

type Entry = { readonly at: number; readonly seq: number; readonly run: () => void };

export function agendaOf(): Agenda {
  const heap: Entry[] = [];
  let planned = 0;
  return {
    plan: (at, run) => {
      heap.push({ at, seq: planned++, run });
      rise(heap, heap.length - 1);
    },
    runNext: () => {
      const first = heap[0];
      const last = heap.pop();
      if (first === undefined || last === undefined) return false;
      if (heap.length > 0) {
        heap[0] = last;
        sink(heap, 0);
      }
      first.run();
      return true;
    },
  };
}

function isBefore(left: Entry | undefined, right: Entry | undefined): boolean {
  if (left === undefined || right === undefined) return false;
  return left.at < right.at || (left.at === right.at && left.seq < right.seq);
}

function rise(heap: Entry[], from: number): void {
  for (let child = from; child > 0;) {
    const parent = (child - 1) >> 1;
    if (!isBefore(heap[child], heap[parent])) return;
    swap(heap, child, parent);
    child = parent;
  }
}

function sink(heap: Entry[], from: number): void {
  for (let parent = from; ;) {
    const left = 2 * parent + 1;
    const right = left + 1;
    let least = parent;
    if (isBefore(heap[left], heap[least])) least = left;
    if (isBefore(heap[right], heap[least])) least = right;
    if (least === parent) return;
    swap(heap, parent, least);
    parent = least;
  }
}

function swap(heap: Entry[], left: number, right: number): void {
  const moved = heap[left];
  const other = heap[right];
  if (moved === undefined || other === undefined) return;
  heap[left] = other;
  heap[right] = moved;
}
