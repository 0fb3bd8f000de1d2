/** The words of ```numbers lines on conversions, put to what the ingestor's writer concludes. */

import { wholeConversion } from '@polytraders/fill-ingestor';
import { formatMicros } from '@polytraders/money';
import { exactPusd, exactShares } from './exact.ts';

const EVENT_QUESTIONS = [0, 1, 2, 3].map((index) => ({
  question_index: index,
  condition_id: `0x${String(index).repeat(64)}`,
  yes_token_id: `YES ${String(index)}`,
  no_token_id: `NO ${String(index)}`,
}));

/**
 * What an export's conversion in an event of four questions was, by the NO that the account holds
 * in the same amount: `questions 0 2 at 0 bips for 10 YES 1, 10 YES 3`, or `open`.
 */
export function conversionOf(amount: string, cash: string, held: string): string {
  const tokens = held.split(' ').map((index) => `NO ${index}`);
  const whole = wholeConversion(
    {
      account: '0xa',
      neg_risk_market_id: `0x${'c'.repeat(64)}`,
      index_set: null,
      amount_shares: exactShares(amount),
      fee_bips: null,
      question_count: null,
      payout_pusd: exactPusd(cash),
      legs_out: null,
      legs_in: null,
      tx_hash: `0x${'1'.repeat(64)}`,
      block_number: null,
      block_hash: null,
      log_index: null,
    },
    EVENT_QUESTIONS,
    (token) => (tokens.includes(token) ? exactShares(amount) : 0n),
  );
  if (typeof whole === 'string') return 'open';
  const given = whole.legs_out.map((leg) => leg.token_id.slice('NO '.length)).join(' ');
  const got = whole.legs_in.map((leg) => `${formatMicros(leg.quantity_shares)} ${leg.token_id}`);
  return `questions ${given} at ${String(whole.fee_bips)} bips for ${got.join(', ')}`;
}
