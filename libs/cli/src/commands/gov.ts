/**
 * `polytraders gov pnl …`: what the governance team decides about the books. Every command shows
 * its effect before it asks, goes onto the log with who asked and who approved, and is answered by
 * what the books have made of it.
 */

import { type Command } from 'commander';
import { type CommandContext } from '../command.ts';
import { addApprove } from './gov-approve.ts';
import { addFillReviews } from './gov-fill.ts';
import { addGovQuarantine } from './gov-quarantine.ts';

export function addGov(program: Command, context: CommandContext): void {
  const gov = program.command('gov').description('What the governance team decides.');
  const pnl = gov.command('pnl').description('Decisions about fills, and reports that are held.');
  addGovQuarantine(pnl, context);
  addFillReviews(pnl, context);
  addApprove(pnl, context);
}
