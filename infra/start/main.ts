/**
 * `npm start`: the main job. Exit codes: 0 all checks hold, 1 one does not, 2 could not run or was
 * interrupted.
 */

import { processTerminal, reasonOf } from '@polytraders/cli';
import { runJob } from './job.ts';
import { HELP, optionsOf } from './options.ts';

const terminal = processTerminal();

async function main(): Promise<number> {
  const options = optionsOf(process.argv.slice(2));
  if (options !== 'help') return runJob(options, terminal);
  terminal.out(HELP);
  return 0;
}

async function codeOf(): Promise<number> {
  try {
    return await main();
  } catch (error) {
    terminal.err(`${reasonOf(error)}\n`);
    return 2;
  }
}

// Everything is closed by now. A request whose answer came too late must not keep the prompt away
// until its time is up.
process.exit(await codeOf());
