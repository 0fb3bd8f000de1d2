/** Writes a reviewed command and waits for what the books make of it. */

import { type CommandContext } from '../command.ts';
import {
  answered,
  type Asked,
  expectIngestor,
  type RefusedCommand,
  refusalOf,
  type Written,
  writeCommand,
} from '../ledger-command.ts';
import { type Database, withBus } from '../servers.ts';
import { CliError } from '../terminal.ts';
import { untilFound } from '../wait.ts';

export type Told<Done> =
  | { readonly outcome: 'done'; readonly written: Written; readonly done: Done }
  | { readonly outcome: 'refused'; readonly written: Written; readonly refusal: RefusedCommand }
  | { readonly outcome: 'not_waited_for' | 'unanswered'; readonly written: Written };

/**
 * `look` finds what has come of it, or null while nothing has. What was refused when it was asked
 * before is judged once more: what it was refused for may be so no longer.
 */
export async function tell<Done>(
  database: Database,
  context: CommandContext,
  asked: Asked,
  wait: number | false,
  look: () => Promise<Done | null>,
): Promise<Told<Done>> {
  await expectIngestor(database);
  const write = (anew = false): Promise<Written> =>
    withBus(context.env, database, (bus) => writeCommand(bus, asked, anew));
  if (wait === false) return { outcome: 'not_waited_for', written: await write() };
  type Answer = { readonly done: Done } | { readonly refusal: RefusedCommand };
  const lookOrRefusal = async (written: Written): Promise<Answer | null> => {
    const done = await look();
    if (done !== null) return { done };
    const refusal = await refusalOf(database, written);
    return refusal === null ? null : { refusal };
  };
  const isRefusal = (found: Answer): boolean => 'refusal' in found;
  const find = (of: Written): Promise<Answer | null> =>
    untilFound(wait, () => lookOrRefusal(of), context.over);
  const first = await answered(write, find, isRefusal);
  const { written, answer } = await judgedAnew(first, () => write(true), find, isRefusal);
  if (answer === null) return { outcome: 'unanswered', written };
  return 'done' in answer
    ? { outcome: 'done', written, ...answer }
    : { outcome: 'refused', written, ...answer };
}

type Judged<Answer> = { readonly written: Written; readonly answer: Answer | null };

/** As it is, unless it is the refusal of a record that stood there before. */
export async function judgedAnew<Answer>(
  first: Judged<Answer>,
  write: () => Promise<Written>,
  find: (written: Written) => Promise<Answer | null>,
  isRefusal: (answer: Answer) => boolean,
): Promise<Judged<Answer>> {
  const { written, answer } = first;
  if (written.isNew || answer === null || !isRefusal(answer)) return first;
  const again = await write();
  return { written: again, answer: await find(again) };
}

/** The sentence of an answer that has not come. */
export function unanswered(what: string, wait: number | false, where: string): CliError {
  return new CliError(
    `Expected ${what} within ${String(wait)} s, found nothing of it: polytraders status says ` +
      `whether fill-ingestor and pnl-projector run, and ${where} has the answer once it is there.`,
    1,
  );
}

/** The parts of an answer that all reviewed commands show in their JSON. */
export function jsonOf<Done>(told: Told<Done>): object {
  return {
    outcome: told.outcome,
    command_id: told.written.commandId,
    written: told.written.isNew,
    refusal: told.outcome === 'refused' ? told.refusal : null,
  };
}

/** What is said to a person where the books did not do it. */
export function refusalText<Done>(told: Told<Done>, where: string): string {
  if (told.outcome === 'refused')
    return `Refused by fill-ingestor, ${told.refusal.reason_code}: ${told.refusal.detail}\n`;
  return told.outcome === 'not_waited_for'
    ? `Said; the answer was not waited for: ${where} shows it.\n`
    : '';
}
