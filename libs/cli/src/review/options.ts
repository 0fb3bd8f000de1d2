/** Who asks for a reviewed command, who approves it, and why. */

import { type Command, Option } from 'commander';
import { nameOf, reasonTextOf } from '../arguments.ts';
import { withWaiting } from '../wait.ts';

/** What every reviewed command is told. */
export type ReviewOptions = {
  readonly reviewedBy: string;
  readonly approvedBy?: string;
  readonly reason: string;
  readonly yes?: boolean;
  /** Seconds; false with --no-wait. */
  readonly wait: number | false;
  readonly json?: boolean;
};

/** Adds who has reviewed it, who approved, why, --yes, --wait and --json. */
export function withReview(command: Command): Command {
  const by = new Option('--reviewed-by <operator>', 'who has reviewed it, and asks for it');
  const second = new Option(
    '--approved-by <operator>',
    'who approves it, where that must be somebody else',
  );
  const why = new Option('--reason <text>', 'why, for whoever asks later');
  return withWaiting(
    command
      .addOption(by.argParser(nameOf).makeOptionMandatory())
      .addOption(second.argParser(nameOf))
      .addOption(why.argParser(reasonTextOf).default('', 'none'))
      .option('--yes', 'do not ask; for scripts'),
  ).option('--json', 'JSON for programs: amounts as decimal strings, times in UTC');
}

/** Who asks and who has reviewed it. */
export function reviewersOf({ reviewedBy, approvedBy, reason }: ReviewOptions): {
  readonly proposedBy: string;
  readonly approvedBy: string;
  readonly reason: string;
} {
  return { proposedBy: reviewedBy, approvedBy: approvedBy ?? reviewedBy, reason };
}
