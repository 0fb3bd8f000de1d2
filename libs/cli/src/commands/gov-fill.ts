/**
 * `polytraders gov pnl reprocess` books a fill that was set aside, with a reviewed fee;
 * `polytraders gov pnl reverse` takes a fill out of the books. Both show what they would do and
 * ask; both are answered by the lines that the books have written.
 */

import { releasedFeeBreach } from '@polytraders/domain';
import { formatMicros, pusd, type PusdMicros } from '@polytraders/money';
import { type Command, Option } from 'commander';
import { feeOf, idOf } from '../arguments.ts';
import { type CommandContext, printJson } from '../command.ts';
import { type Asked } from '../ledger-command.ts';
import { isConfirmed } from '../review/confirm.ts';
import { type ReviewOptions, reviewersOf, withReview } from '../review/options.ts';
import { plain } from '../review/plain.ts';
import { previewRelease, previewReverse } from '../review/preview.ts';
import {
  fillOf,
  type LineRow,
  LINES,
  pusdOf,
  type ReviewedFill,
  reviewOf,
  type ReviewRow,
  REVIEWS,
} from '../review/rows.ts';
import { jsonOf, refusalText, tell, type Told, unanswered } from '../review/tell.ts';
import { fillText, reasonsText, releaseText, reverseText } from '../review/text.ts';
import { rowToJson } from '../rows.ts';
import { type Database, withDatabase } from '../servers.ts';
import { CliError } from '../terminal.ts';

type FillOptions = ReviewOptions & { readonly fillId: string };
type ReprocessOptions = FillOptions & { readonly fee?: bigint; readonly builderFee?: bigint };

/** What the books have made of the command. */
type Done = { readonly review: ReviewRow; readonly fill: ReviewedFill };

/** A decision, with its effect worked out. */
type Decision = {
  readonly fill: ReviewedFill;
  readonly stage: 'RELEASED' | 'REVERSED';
  readonly asked: Asked;
  readonly question: string;
  readonly effect: string;
  readonly preview: unknown;
};

export function addFillReviews(pnl: Command, context: CommandContext): void {
  const reprocess = pnl
    .command('reprocess')
    .description('Books a fill that was set aside, at a reviewed fee. Shows the effect, and asks.')
    .addOption(required('--fill-id <id>', 'which fill', idOf))
    .addOption(
      new Option(
        '--fee <pusd>',
        'its true fee, the builder part included; without it the fee that was told stands',
      ).argParser(feeOf),
    )
    .addOption(
      new Option('--builder-fee <pusd>', 'the builder part, where it was wrong').argParser(feeOf),
    );
  withReview(reprocess).action(async (options: ReprocessOptions) => {
    await decide(context, options, (database) => release(database, options));
  });
  const reverse = pnl
    .command('reverse')
    .description('Takes a fill out of the books, as if it had never been. Shows the effect, asks.')
    .addOption(required('--fill-id <id>', 'which fill', idOf));
  withReview(reverse).action(async (options: FillOptions) => {
    await decide(context, options, (database) => takeBack(database, options));
  });
}

function required<Value>(flags: string, description: string, parse: (text: string) => Value) {
  return new Option(flags, description).argParser(parse).makeOptionMandatory();
}

async function decide(
  context: CommandContext,
  options: FillOptions,
  prepare: (database: Database) => Promise<Decision>,
): Promise<void> {
  const { terminal } = context;
  await withDatabase(context.env, async (database) => {
    const decision = await prepare(database);
    const say = options.json === true ? terminal.err : terminal.out;
    say(`${fillText(decision.fill)}${reasonsText(decision.fill.line)}\n${decision.effect}`);
    if (!(await isConfirmed(terminal, decision.question, options.yes === true))) {
      say('Nothing was written.\n');
      context.exitCode = 1;
      return;
    }
    const told = await tell(database, context, decision.asked, options.wait, async () => {
      const review = await reviewOf(database, decision.fill);
      if (review?.stage !== decision.stage) return null;
      return { review, fill: await fillOf(database, options.fillId) };
    });
    if (options.json === true) printJson(terminal, answerJson(decision, told));
    else terminal.out(`\n${answerText(decision, told)}`);
    if (told.outcome === 'unanswered') {
      const what = `fill ${options.fillId} to be ${decision.stage}`;
      throw unanswered(what, options.wait, showOf(options.fillId));
    }
    if (told.outcome === 'refused') context.exitCode = 1;
    if (told.outcome === 'done' && !isOurs(decision.asked, told.done)) context.exitCode = 1;
  });
}

/** Whether it was this decision that was booked: another operator may have been quicker. */
export function isOurs(asked: Asked, { review, fill }: Pick<Done, 'review' | 'fill'>): boolean {
  const fee = fill.all.find(({ entry_kind: kind }) => kind === 'RELEASE')?.gross_fee_pusd ?? null;
  const isFee =
    asked.command !== 'RELEASE_FILL' ||
    formatMicros(pusdOf(fee) ?? 0n) === asked.arguments['fee_pusd'];
  return (
    isFee &&
    review.proposed_by === asked.proposedBy &&
    review.approved_by === asked.approvedBy &&
    review.reason === asked.reason
  );
}

async function release(database: Database, options: ReprocessOptions): Promise<Decision> {
  const { fillId, builderFee } = options;
  const fill = await fillOf(database, fillId);
  const { line, booked, review } = fill;
  if (booked !== null || review !== null) {
    throw new CliError(
      `Expected a fill that is set aside, found ${fillId} ` +
        `${review?.stage === 'REVERSED' ? 'taken back' : 'in the books'}: ${showOf(fillId)} says ` +
        'what became of it.',
      1,
    );
  }
  const fee = bookableFee(fill, options);
  const preview = await previewRelease(database, fill, fee);
  const builder = builderFee === undefined ? {} : { builder_fee_pusd: formatMicros(builderFee) };
  const given = { fill_id: fillId, fee_pusd: formatMicros(fee), ...builder };
  return {
    fill,
    stage: 'RELEASED',
    asked: askedBy(
      'RELEASE_FILL',
      line,
      { ...given, original_offset: String(line.offset) },
      options,
    ),
    question: `Release ${fillId} with a fee of ${formatMicros(fee)} pUSD?`,
    effect: releaseText(preview),
    preview,
  };
}

/**
 * The fee to release it with. Throws a sentence where fill-ingestor would refuse it: nobody is
 * asked about what cannot be.
 */
export function bookableFee(
  fill: Pick<ReviewedFill, 'line'>,
  options: Pick<ReprocessOptions, 'fee' | 'builderFee' | 'fillId'>,
): PusdMicros {
  const fee = feeOfFill(fill, options);
  const builderFee = options.builderFee === undefined ? null : pusd(options.builderFee);
  const notional = pusdOf(fill.line.size_pusd) ?? pusd(0n);
  const breach = releasedFeeBreach(notional, fee, builderFee);
  switch (breach) {
    case null:
      return fee;
    case 'BUILDER_ABOVE_FEE':
      throw new CliError(
        `Expected a --builder-fee within the fee of ${formatMicros(fee)}, found ` +
          `${formatMicros(builderFee ?? 0n)}: the fee includes it.`,
      );
    case 'FEE_ABOVE_NOTIONAL':
      throw new CliError(
        `Expected a --fee of at most the ${formatMicros(notional)} pUSD of ${options.fillId}, ` +
          `found ${formatMicros(fee)}: take the true one from the venue or from the chain.`,
      );
  }
}

/** What was given; else the fee that was told, which somebody has looked at now. */
function feeOfFill(
  { line }: Pick<ReviewedFill, 'line'>,
  { fee, fillId }: Pick<ReprocessOptions, 'fee' | 'fillId'>,
): PusdMicros {
  if (fee !== undefined) return pusd(fee);
  const told = pusdOf(line.gross_fee_pusd);
  if (told !== null) return told;
  throw new CliError(
    `Expected --fee for ${fillId}, found none: nobody has told its fee, and it is not guessed. ` +
      'Take it from the venue or from the chain; 0 is a fee, too.',
  );
}

async function takeBack(database: Database, options: FillOptions): Promise<Decision> {
  const { fillId } = options;
  const fill = await fillOf(database, fillId);
  const { line, review } = fill;
  if (review?.stage === 'REVERSED') {
    throw new CliError(
      `Expected a fill that is in the books or set aside, found ${fillId} taken back: ` +
        `${showOf(fillId)} says when and by whom.`,
      1,
    );
  }
  const preview = await previewReverse(database, fill);
  const given = { fill_id: fillId, original_offset: String(line.offset) };
  return {
    fill,
    stage: 'REVERSED',
    asked: askedBy('REVERSE_FILL', line, given, options),
    question: `Take ${fillId} out of the books?`,
    effect: reverseText(preview),
    preview,
  };
}

export function askedBy(
  command: 'RELEASE_FILL' | 'REVERSE_FILL',
  line: Pick<LineRow, 'account' | 'correlation_id'>,
  given: Readonly<Record<string, string>>,
  options: ReviewOptions,
): Asked {
  const who = reviewersOf(options);
  return {
    command,
    account: String(line.account),
    // Who was refused for want of an approver asks again with one.
    identity: [...Object.values(given), who.proposedBy, who.approvedBy, who.reason],
    arguments: given,
    correlationId: String(line.correlation_id),
    ...who,
  };
}

function showOf(fillId: string): string {
  return `polytraders gov pnl quarantine show --fill-id ${fillId}`;
}

function answerText({ stage, fill, asked }: Decision, told: Told<Done>): string {
  const fillId = String(fill.line.fill_id);
  if (told.outcome !== 'done') return refusalText(told, showOf(fillId));
  const { review, fill: after } = told.done;
  const lines = after.all.filter((line) => line.event_id === review.event_id);
  const [line] = lines.filter(({ entry_kind: kind }) => kind === 'RELEASE' || kind === 'REVERSE');
  const place =
    line === undefined ? '' : ` at log place ${String(line.partition)}/${String(line.offset)}`;
  const done = stage === 'RELEASED' ? 'Released' : 'Taken back';
  const what = isOurs(asked, told.done) ? done : `${done} by another decision meanwhile`;
  const by =
    review.approved_by === review.proposed_by
      ? `reviewed by ${String(review.proposed_by)}`
      : `reviewed by ${String(review.proposed_by)}, approved by ${String(review.approved_by)}`;
  return `${what}${place}, ${by}. ${showOf(fillId)} has its lines.\n`;
}

function answerJson({ preview, fill, asked }: Decision, told: Told<Done>): object {
  const done = told.outcome === 'done' ? told.done : null;
  return {
    fill_id: fill.line.fill_id,
    ...jsonOf(told),
    is_ours: done === null ? null : isOurs(asked, done),
    preview: plain(preview),
    review: done === null ? null : rowToJson(REVIEWS, done.review),
    lines: (done?.fill.all ?? []).map((line) => rowToJson(LINES, line)),
  };
}
