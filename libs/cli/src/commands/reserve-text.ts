/** The answer to `polytraders reserve` in sentences. */

import { formatMicros } from '@polytraders/money';
import { eitherAmount, unitText } from '../assets.ts';
import { meaningOf } from '../legend.ts';
import { type BalanceRow } from './inventory.ts';
import { type ReservationRow } from './reservations.ts';
import { type Reserve, type Reserved } from './reserve.ts';

export function reservedText(reserved: Reserved): string {
  const { asked, written, balance, outcome } = reserved;
  const again = written === null || !written.isNew ? ALREADY : '';
  // What is free tells nothing while it is open whether the request is in it.
  const left = outcome === 'unanswered' ? '' : balanceText(asked, balance);
  return `${again}${answerText(reserved)}${left}`;
}

const ALREADY = 'It was asked for before; nothing was written.\n';

function answerText(reserved: Reserved): string {
  const { asked } = reserved;
  switch (reserved.outcome) {
    case 'granted':
      return grantedText(asked, reserved.reservation);
    case 'refused':
      return `Refused: ${wantedText(asked)}.\n${reasonText(reserved.reservation.reason_code)}`;
    case 'ended': {
      const { state, reason_code: reason } = reserved.reservation;
      return `Ended (${String(state)}): it keeps nothing any more.\n${reasonText(reason)}`;
    }
    case 'command_refused': {
      const { reason_code: code, detail } = reserved.refusal;
      return `Refused by fill-ingestor, ${code}: ${detail}\n`;
    }
    case 'not_waited_for':
      return (
        `Asked for ${wantedText(asked)}; the answer was not waited for: ` +
        `polytraders reservations --id ${asked.id} shows it.\n`
      );
    case 'unanswered':
      return '';
  }
}

function grantedText(asked: Reserve, row: ReservationRow): string {
  if (row.order_id !== null) {
    const order = `order ${String(row.order_id)} took it over and keeps`;
    return `Granted: ${wantedText(asked)}; ${order} ${eitherAmount(row, 'remaining')}.\n`;
  }
  const until = row.expires_at === null ? '' : ` until ${String(row.expires_at)}`;
  return `Granted: ${wantedText(asked)}${until}.\n`;
}

/** 25 shares of token 1234 for mm.quoter; 50 pUSD and a fee of at most 1 for mm.quoter. */
function wantedText({ amount, token, maxFee, bot }: Reserve): string {
  const fee = maxFee === null ? '' : ` and a fee of at most ${formatMicros(maxFee)}`;
  return `${formatMicros(amount)} ${unitText(token)}${fee} for ${bot}`;
}

function reasonText(code: unknown): string {
  if (typeof code !== 'string') return '';
  return `${meaningOf(code) ?? code}\n`;
}

function balanceText({ account, token }: Reserve, row: BalanceRow | null): string {
  if (row === null) return '';
  const what = token === null ? 'pUSD' : 'shares of it';
  return (
    `${account} has ${eitherAmount(row, 'free')} ${what} free, ` +
    `${eitherAmount(row, 'reserved')} reserved, ${eitherAmount(row, 'pending_out')} pending out, ` +
    `${eitherAmount(row, 'total')} in total.\n`
  );
}
