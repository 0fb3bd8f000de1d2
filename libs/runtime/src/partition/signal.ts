/** Waiting in one process: for a change of state, and for time to pass. */

export type Signal = { readonly next: () => Promise<void>; readonly raise: () => void };

/** Wakes everybody who waits. What happened is remembered by state, never by the signal. */
export function createSignal(): Signal {
  let wake: () => void = () => undefined;
  let waiting = new Promise<void>((resolve) => {
    wake = resolve;
  });
  return {
    next: () => waiting,
    raise: () => {
      const old = wake;
      waiting = new Promise<void>((resolve) => {
        wake = resolve;
      });
      old();
    },
  };
}

/** Resolves after `ms`, or at once when the signal aborts. Keeps no process alive. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      clearTimeout(timer);
      // The signal lives as long as its worker: what is left on it is never given back.
      signal?.removeEventListener('abort', stop);
      resolve();
    };
    const timer = setTimeout(stop, ms);
    if (signal === undefined) return;
    timer.unref();
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop);
  });
}

/** Runs the task; while it runs, asking for it again does nothing. */
export function notTwice(task: () => Promise<void>): () => Promise<void> {
  let running = false;
  return async () => {
    if (running) return;
    running = true;
    await task().finally(() => {
      running = false;
    });
  };
}

/** Delays that double: `first`, twice `first`, … at most `most` milliseconds. */
export function* doubling(first: number, most: number): Generator<number, never> {
  for (let delay = first; ; delay = Math.min(delay * 2, most)) yield delay;
}
