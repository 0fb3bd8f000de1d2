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
