/** What a reviewed command would do and has done, in sentences. */

import { formatMicros } from '@polytraders/money';
import { legendOf } from '../legend.ts';
import { shortId } from '../table.ts';
import {
  type BookEffectShown,
  type BookNumbers,
  type ReleasePreview,
  type ReportShown,
  type ReversePreview,
} from './preview.ts';
import { type LineRow, pusdOf, type ReviewedFill } from './rows.ts';
import { type WindowEffect, windowText } from './windows.ts';

/** Later numbers that are shown one by one; `--json` has them all. */
const LATER_SHOWN = 20;

/** Fill f2: SELL 100 shares of 7371…6372 for 70 pUSD, mm of 0x5f…2d3c, confirmed at … */
export function fillText({ line, booked, review }: ReviewedFill): string {
  const amount = (cell: LineRow['size_pusd']): string => formatMicros(pusdOf(cell) ?? 0n);
  const what =
    `${String(line.order_side)} ${amount(line.quantity_shares)} shares of ` +
    `${shortId(String(line.token_id))} for ${amount(line.size_pusd)} pUSD`;
  const whose = `${String(line.trading_bot_id)} of ${shortId(String(line.account))}`;
  const place = `log place ${String(line.partition)}/${String(line.offset)}`;
  const state =
    review === null
      ? booked === null
        ? 'set aside'
        : 'in the books'
      : review.stage === 'RELEASED'
        ? 'released'
        : 'taken back';
  return (
    `Fill ${String(line.fill_id)}: ${what}, ${whose}.\n` +
    `Confirmed ${String(line.confirmed_at)}, ${place}; ${state}.\n`
  );
}

/** The effect of a release. */
export function releaseText(preview: ReleasePreview): string {
  const { fee, rebate, netFee, realised, book, report, windows } = preview;
  const back = rebate === null ? 'not known' : formatMicros(rebate);
  return (
    `With a fee of ${formatMicros(fee)} pUSD (maker rebate ${back}, net ` +
    `${formatMicros(netFee)}):\n` +
    `${bookText(book)}` +
    `  realised  ${signed(realised)} pUSD before fees\n` +
    reportText(report) +
    windowsText(windows)
  );
}

/** The effect of a reversal. */
export function reverseText({ books, later, report, windows }: ReversePreview): string {
  const shown = later
    .slice(0, LATER_SHOWN)
    .map(
      ({ what, before, after }) =>
        `  later     ${what}: realised ${formatMicros(before)} → ${formatMicros(after)} pUSD\n`,
    );
  const left = later.length - shown.length;
  const more = left > 0 ? `  later     and ${String(left)} more; --json has them\n` : '';
  const none = books.length === 0 ? '  book      no lot of it; it was set aside\n' : '';
  return (
    'Taken back, as if it had never been:\n' +
    none +
    books.map(bookText).join('') +
    shown.join('') +
    more +
    reportText(report) +
    windowsText(windows)
  );
}

function bookText({ token, bot, before, after }: BookEffectShown): string {
  const of = ({ shares, basis, avgCost }: BookNumbers): string => {
    const average = avgCost === null ? '–' : formatMicros(avgCost);
    return `${formatMicros(shares)} shares, basis ${formatMicros(basis)}, average ${average}`;
  };
  return `  book      ${bot}, ${shortId(token)}: ${of(before)} → ${of(after)}\n`;
}

function reportText(report: ReportShown | null): string {
  if (report === null) return '  report    none: nothing of it is published\n';
  return `  report    ${report.id}, ${report.type}, ${report.publication}\n`;
}

function windowsText(windows: readonly WindowEffect[]): string {
  if (windows.length === 0) return '  window    none: paper is in no regulatory report\n';
  return windowLines(windows);
}

/** Windows, one a line. */
export function windowLines(windows: readonly WindowEffect[]): string {
  return windows.map((window) => `  window    ${windowText(window)}\n`).join('');
}

function signed(amount: bigint): string {
  return amount > 0n ? `+${formatMicros(amount)}` : formatMicros(amount);
}

/** What the codes of a line mean. */
export function reasonsText(line: LineRow): string {
  return legendOf([line.reason_codes]).trimStart();
}
