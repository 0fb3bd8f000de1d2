/**
 * How far the job is: one line that is written over on a terminal; elsewhere (a log, a pipe) a
 * plain line every few seconds, so that a log stays readable.
 */

export type Progress = {
  /** Shows the line; cheap, may be called as often as one likes. */
  readonly show: (text: string) => void;
  /** Leaves the last line standing and goes to the next. */
  readonly end: () => void;
};

const PLAIN_EVERY_MS = 3_000;
const TTY_EVERY_MS = 100;

type Sink = {
  readonly write: (text: string) => unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
};

/** Progress on a stream such as stderr. `now` is milliseconds that only grow. */
export function progressOn(sink: Sink, now: () => number = () => performance.now()): Progress {
  const isTTY = sink.isTTY === true;
  let shownAt = -Infinity;
  let last = '';
  let pending = '';
  const write = (text: string): void => {
    last = text;
    pending = '';
    shownAt = now();
    const width = (sink.columns ?? 80) - 1;
    sink.write(isTTY ? `\r\u001b[2K${text.slice(0, width)}` : `${text}\n`);
  };
  return {
    show: (text) => {
      if (text === last) return;
      pending = text;
      if (now() - shownAt >= (isTTY ? TTY_EVERY_MS : PLAIN_EVERY_MS)) write(text);
    },
    end: () => {
      if (pending !== '') write(pending);
      if (isTTY && last !== '') sink.write('\n');
      last = '';
      shownAt = -Infinity;
    },
  };
}
