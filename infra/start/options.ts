/** What `npm start` takes, and the text that says so. */

import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { FEWEST_FILLS, MOST_FILLS } from '@polytraders/testkit/generator';
import { mainStackDir } from '../stack/index.ts';

export const HELP = `Brings the ledger up and sends fills through it, end to end.

  npm start                       a generated trading day
  npm start -- --input FILE       a file: execution reports as JSON lines, a venue export, or
                                  raw exchange logs

  --seed TEXT        another day (default 1); the same seed and size give the same day
  --fills N          fills of the day (default 20000, ${FEWEST_FILLS} to ${MOST_FILLS})
  --stay             leave the services running; Ctrl-C stops them
  --logs DIR         where the services log (default .local/logs)
  --help             this text

With --input, as for polytraders import:
  --account 0x…      whose fills they are, or "any" (may be repeated)
  --bot ID           the bot that they are booked under (default imported)
  --fee quarantine | declared-zero      what a file without fees means
  --reviewed-by WHO  who answers for declared-zero
  --identity row     a file without ids: its rows are its ids

Servers: those of KAFKA_BROKERS, SCHEMA_REGISTRY_URL and DATABASE_URL, else the local stack, which
is started, and left up for the next command (npm run stack -- down stops it).
Exit codes: 0 all checks hold, 1 one does not, 2 could not run or was interrupted
(npm ends itself on Ctrl-C, which shells call 130).
`;

const PARSED = {
  seed: { type: 'string', default: '1' },
  fills: { type: 'string', default: '20000' },
  stay: { type: 'boolean', default: false },
  logs: { type: 'string', default: join(mainStackDir, 'logs') },
  input: { type: 'string' },
  account: { type: 'string', multiple: true },
  bot: { type: 'string' },
  fee: { type: 'string' },
  'reviewed-by': { type: 'string' },
  identity: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

const IMPORT_FLAGS = ['bot', 'fee', 'reviewed-by', 'identity'] as const;

export type StartOptions = {
  readonly seed: string;
  readonly fills: number;
  readonly stay: boolean;
  /** Folder of the services' logs. */
  readonly logs: string;
  /** The file and the arguments for `polytraders import`, or null for a generated day. */
  readonly input: { readonly file: string; readonly args: readonly string[] } | null;
};

/** Reads the arguments; `'help'` where help is asked for. Throws one sentence for a wrong one. */
export function optionsOf(args: readonly string[]): StartOptions | 'help' {
  const { values } = parseArgs({ args: [...args], options: PARSED });
  if (values.help) return 'help';
  for (const name of ['seed', 'logs'] as const) {
    if (values[name].trim() === '') throw new Error(`Expected a text after --${name}, found none.`);
  }
  const fills = Number(values.fills);
  if (!/^\d+$/.test(values.fills) || fills < FEWEST_FILLS || fills > MOST_FILLS) {
    throw new Error(
      `Expected --fills as a whole number of at least ${FEWEST_FILLS} and at most ${MOST_FILLS}, ` +
        `found ${values.fills}.`,
    );
  }
  const importArgs = [
    ...(values.account ?? []).flatMap((account) => ['--account', account]),
    ...IMPORT_FLAGS.flatMap((flag) => {
      const value = values[flag];
      return value === undefined ? [] : [`--${flag}`, value];
    }),
  ];
  if (values.input === undefined && importArgs.length > 0) {
    throw new Error(
      `Expected --input FILE beside ${importArgs[0] ?? ''}, found none: name a file.`,
    );
  }
  const input = values.input === undefined ? null : { file: values.input, args: importArgs };
  return { seed: values.seed, fills, stay: values.stay, logs: resolve(values.logs), input };
}
