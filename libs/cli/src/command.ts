/** What every command is given. */

import { type Terminal } from './terminal.ts';

export type CommandContext = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly terminal: Terminal;
  /** Aborted when nobody waits for the command any more. */
  readonly over?: AbortSignal | undefined;
  /** 1 where a command found a difference; failures are thrown. */
  exitCode: 0 | 1;
};

/** One JSON document on stdout, ended by a newline. */
export function printJson(terminal: Terminal, value: unknown): void {
  terminal.out(`${JSON.stringify(value, null, 2)}\n`);
}

/** On stderr, so that JSON stays JSON: who adds a list up must know that it was cut. */
export function sayIfCut(
  terminal: Terminal,
  what: string,
  shown: readonly unknown[],
  limit: number,
): void {
  if (shown.length < limit) return;
  terminal.err(`Showing ${shown.length} ${what}, the limit; --limit asks for more.\n`);
}
