/**
 * Our own reason codes. Codes of refused input are bare; what the books say about themselves starts
 * with GOV_, what they saw of execution with EXEC_. A code is never renamed: reports keep it.
 */

import { type ReasonCode } from './reason.ts';

/** Flags: the fact is booked and says what is odd about it. */
export const FLAG_CODES = [
  {
    code: 'GOV_PRICE_SIZE_MISMATCH',
    severity: 'WARN',
    meaning:
      'Size, quantity and price were all given and disagree by more than a tick × quantity; ' +
      'size and quantity stand.',
    action: 'Ask the trading system which figure is wrong.',
    userMessage: '',
  },
  {
    code: 'GOV_NEGRISK_FLAG_MISMATCH',
    severity: 'WARN',
    meaning:
      'The negative-risk flag that was given contradicts the token id; the derived answer is used.',
    action: 'Mend the market metadata.',
    userMessage: '',
  },
  {
    code: 'GOV_NEGRISK_UNKNOWN',
    severity: 'WARN',
    meaning: 'The token id proves neither kind of market; the flag given is used, if any.',
    action: 'Check the market metadata.',
    userMessage: '',
  },
  {
    code: 'GOV_FEE_IN_COST',
    severity: 'WARN',
    meaning:
      'The cash of this BUY is what left the wallet, a taker fee included; the source does not ' +
      'tell the two apart, so the fee lies in the cost.',
    action: 'Import the receipts or the activity of the wallet, which show the fee.',
    userMessage: '',
  },
  {
    code: 'GOV_CASH_UNVERIFIED',
    severity: 'WARN',
    meaning:
      'The notional of a taker BUY comes from logs alone and may include a refund that they ' +
      'do not show.',
    action: 'Import the receipt of the transaction.',
    userMessage: '',
  },
  {
    code: 'GOV_PLATFORM_FEE_DIFFERS',
    severity: 'WARN',
    meaning: "The fee without its builder part differs from the venue's formula.",
    action: 'Compare with the fee schedule of the market; the cash has moved.',
    userMessage: '',
  },
  {
    code: 'GOV_PLATFORM_FEE_NEGATIVE',
    severity: 'WARN',
    meaning: 'The builder part is larger than the whole fee.',
    action: 'Ask for the builder fee; the cash has moved.',
    userMessage: '',
  },
  {
    code: 'GOV_REBATE_RATE_MISSING',
    severity: 'WARN',
    meaning: 'No maker rebate rate is known for the market; no rebate is accrued.',
    action: 'Have the market definition completed.',
    userMessage: 'The maker rebate of this trade is not known yet.',
  },
  {
    code: 'GOV_REBATE_RATE_OUT_OF_RANGE',
    severity: 'WARN',
    meaning: 'The maker rebate rate lies outside 0.20 to 0.25; no rebate is accrued.',
    action: 'Have the market definition corrected.',
    userMessage: '',
  },
  {
    code: 'GOV_FEE_DECLARED',
    severity: 'INFO',
    meaning: 'An operator states the fee of an imported fill.',
    action: 'No action; the operator is named on the fill.',
    userMessage: 'The fee of this trade was entered by an operator.',
  },
  {
    code: 'GOV_ORDER_WITHOUT_MAX_FEE',
    severity: 'WARN',
    meaning: 'An order states no largest fee, so none is reserved for it.',
    action: 'Have the trading system send max_fee_pusd.',
    userMessage: '',
  },
  {
    code: 'GOV_REQUEST_WITHOUT_MAX_FEE',
    severity: 'WARN',
    meaning: 'A request for pUSD states no largest fee, so what it needs has no bound.',
    action: 'Refused; ask again with max_fee_pusd.',
    userMessage: '',
  },
  {
    code: 'GOV_RESERVATION_FOREIGN',
    severity: 'WARN',
    meaning: 'An order names a reservation that another account has; it keeps for itself.',
    action: 'Have the trading system name reservations of the account that it trades for.',
    userMessage: '',
  },
  {
    code: 'GOV_RESERVATION_EXPIRED',
    severity: 'INFO',
    meaning: 'A granted request reached its time before an order took it over.',
    action: 'No action; what it kept is free again.',
    userMessage: '',
  },
  {
    code: 'GOV_MARKET_RESOLVED',
    severity: 'INFO',
    meaning: 'The market is resolved: no order or request can keep anything for it.',
    action: 'No action; what was kept is free again.',
    userMessage: '',
  },
  {
    code: 'EXEC_FILL_FAILED',
    severity: 'WARN',
    meaning: 'A matched fill failed at the venue; what it held is released.',
    action: 'No action; the books are as if it had never been seen.',
    userMessage: '',
  },
  {
    code: 'EXEC_FILL_LATE',
    severity: 'WARN',
    meaning: 'A fill arrived after the window of its confirmation was reported.',
    action: 'No action; the window gets a revision.',
    userMessage: '',
  },
  {
    code: 'EXEC_ORDER_CLOSED',
    severity: 'INFO',
    meaning: 'An order is filled, cancelled, rejected, expired, or its market resolved.',
    action: 'No action; its reservation ends.',
    userMessage: '',
  },
] as const satisfies readonly ReasonCode[];

/** Incomplete: a number stands on something not known. The number is shown and says so. */
export const INCOMPLETE_CODES = [
  {
    code: 'GOV_ACCOUNT_INCOMPLETE',
    severity: 'WARN',
    meaning:
      'Something about the account is in doubt: a conflict, a mismatch, an observation that ' +
      'is missing.',
    action: 'See what was set aside for the account and mend it; no command takes the mark away.',
    userMessage: '',
  },
  {
    code: 'GOV_BOT_UNATTRIBUTED',
    severity: 'WARN',
    meaning: 'No source knows which bot traded; the fill stands in the book "unattributed".',
    action: 'Declare a default bot for the account, or send the order.',
    userMessage: '',
  },
  {
    code: 'GOV_CONDITION_UNKNOWN',
    severity: 'WARN',
    meaning: 'No source knows which condition the token belongs to.',
    action: 'Have the market defined.',
    userMessage: '',
  },
  {
    code: 'GOV_ORDER_UNKNOWN',
    severity: 'INFO',
    meaning: 'No source knows the order of the fill.',
    action: 'No action.',
    userMessage: '',
  },
  {
    code: 'GOV_SIDE_UNKNOWN',
    severity: 'WARN',
    meaning:
      'No source knows whether we were maker or taker; no rebate is accrued and the caps of a ' +
      'taker apply.',
    action: 'Have the source completed.',
    userMessage: '',
  },
  {
    code: 'GOV_TIME_UNKNOWN',
    severity: 'WARN',
    meaning: 'The source does not say when the fact happened; the time of its arrival stands in.',
    action: 'Have the source completed.',
    userMessage: '',
  },
  {
    code: 'GOV_BASIS_UNKNOWN',
    severity: 'WARN',
    meaning: 'A lot has no known cost; what depends on it is incomplete.',
    action: 'Declare the basis by a reviewed command.',
    userMessage:
      'What some of these shares cost is not known; numbers that depend on it are left empty.',
  },
  {
    code: 'GOV_MOVEMENT_UNBOOKED',
    severity: 'WARN',
    meaning:
      'Shares or cash of a movement have moved that no book could account for; they stand on a ' +
      'line of their own.',
    action:
      'Find the fill, transfer or opening balance that is missing, or have the market defined.',
    userMessage: '',
  },
  {
    code: 'GOV_MOVEMENT_DISAGREES',
    severity: 'WARN',
    meaning:
      'What a source says of a movement or a market contradicts itself or what was said before; ' +
      'cash and shares are booked as they moved.',
    action: 'Compare with the transaction on the chain.',
    userMessage: '',
  },
  {
    code: 'GOV_PAYOUT_BY_TOKEN_UNKNOWN',
    severity: 'WARN',
    meaning:
      'Several tokens of a condition without a known resolution were redeemed for one sum; it ' +
      'is shared by quantity.',
    action: 'Have the resolution or the payout by token brought by the chain source.',
    userMessage: '',
  },
  {
    code: 'GOV_OUTCOME_UNKNOWN',
    severity: 'WARN',
    meaning: 'A condition is resolved, and nobody knows which of its outcomes this token is.',
    action: 'Have the market defined; the books are settled when it is.',
    userMessage: '',
  },
  {
    code: 'GOV_OUTCOME_MISMATCH',
    severity: 'WARN',
    meaning:
      'The definition of a resolved market contradicts the token id about its outcome; ' +
      'the id is believed.',
    action: 'Mend the market metadata; nothing is to be booked again.',
    userMessage: '',
  },
  {
    code: 'GOV_OPENING_BALANCE_UNKNOWN',
    severity: 'WARN',
    meaning: 'No opening balance of the account was declared; its pUSD counts from zero.',
    action: 'Declare the opening balance by a reviewed command.',
    userMessage: '',
  },
  {
    code: 'GOV_MARK_MISSING',
    severity: 'WARN',
    meaning: 'There is no mark for an open position; unrealised is left empty, never 0.',
    action: 'See why market data sends no mark.',
    userMessage:
      'There is no current price for this position, so its unrealised P&L is left empty.',
  },
  {
    code: 'GOV_NEGRISK_TOKEN_BY_TOKEN',
    severity: 'WARN',
    meaning:
      'A position of a negative-risk event is valued by its own mark: the event is not defined, ' +
      'or a question of it has no mark.',
    action: 'Mend the market metadata, or see why market data sends no mark; the next fill values.',
    userMessage: '',
  },
  {
    code: 'GOV_FILL_QUARANTINED',
    severity: 'WARN',
    meaning: 'A fill of this position is kept out of the numbers because it cannot be paid yet.',
    action: 'Release it with a reviewed fee.',
    userMessage: 'A trade of this position is being reviewed and is not in its numbers yet.',
  },
  {
    code: 'GOV_FILL_REVERSED',
    severity: 'INFO',
    meaning: 'A fill was taken out of the books by a reviewed command, as if it had never been.',
    action: 'Replace the report that this one corrects; its changes say what holds now.',
    userMessage: 'A trade was taken back after a review, and your numbers were corrected.',
  },
] as const satisfies readonly ReasonCode[];

/** Alarms: the books go on, a person should look. */
export const ALARM_CODES = [
  {
    code: 'GOV_WALLET_OVERSOLD',
    severity: 'WARN',
    meaning: 'The books of a wallet add up to less than nothing; the venue has no short positions.',
    action: 'Find the fill, transfer or opening balance that is missing.',
    userMessage: 'More shares are recorded as sold than were held; the numbers are being checked.',
  },
  {
    code: 'GOV_FILL_UNMATCHED',
    severity: 'WARN',
    meaning:
      'A source that is not of record tells of a fill that the source of record has not told of.',
    action:
      'See whether the source of record lost it; else declare the source that is right in ' +
      'ACCOUNTS_FILE.',
    userMessage: '',
  },
  {
    code: 'GOV_MOVEMENT_UNMATCHED',
    severity: 'WARN',
    meaning:
      'A file tells of a movement that the chain, which is declared for the account, has not told.',
    action:
      'Import the file again, with a blank line more, once the chain has been read so far; if it ' +
      'still stands alone, it is wrong.',
    userMessage: '',
  },
  {
    code: 'GOV_BEFORE_OPENING',
    severity: 'WARN',
    meaning:
      'A fill or movement that the opening balance of its account holds; it is not booked a ' +
      'second time.',
    action:
      'None, unless its detail says that it counts twice: then take it out of the books. ' +
      'polytraders quarantine lists it.',
    userMessage: '',
  },
  {
    code: 'GOV_REDEMPTION_UNMATCHED',
    severity: 'WARN',
    meaning:
      'A redemption is of shares that the account is not known to have held. Its cash is booked, ' +
      'without the shares.',
    action:
      'Import older exports first, or declare an opening balance before them; the view ' +
      'ingest.redemption_unmatched lists account, condition and amount.',
    userMessage: '',
  },
  {
    code: 'GOV_FILL_MISMATCH',
    severity: 'WARN',
    meaning:
      'Two sources tell of the same fill and differ in more than a tick × quantity; the books ' +
      'follow the source of record.',
    action: 'Compare both; correct by a reviewed command.',
    userMessage: '',
  },
  {
    code: 'GOV_INVENTORY_INSUFFICIENT',
    severity: 'WARN',
    meaning: 'A request or an order needs more than is free.',
    action: 'A request is refused; an order at the venue is booked and leaves free negative.',
    userMessage: '',
  },
  {
    code: 'GOV_RESERVATION_LEAK',
    severity: 'WARN',
    meaning:
      'A reservation stood when its order could no longer live: its terminal event never came.',
    action: 'It is released; find out where the trading system lost the end of the order.',
    userMessage: '',
  },
  {
    code: 'GOV_ONCHAIN_HISTORY_NOT_KEPT',
    severity: 'WARN',
    meaning:
      'A window that ended years ago was asked for again, and months of the ledger since are ' +
      'dropped: what the books had at its end cannot be said any more.',
    action: 'Rebuild the books from the log, which is kept, where the check is wanted.',
    userMessage: 'P&L reconciliation with on-chain balance is pending.',
  },
  {
    code: 'GOV_ONCHAIN_PENDING',
    severity: 'INFO',
    meaning:
      'The balances of the wallets at the end of the window are not known: not asked yet, no ' +
      'answer, or no chain is configured.',
    action: 'The answer makes a revision of the report; without a chain it stays pending.',
    userMessage: 'P&L reconciliation with on-chain balance is pending.',
  },
  {
    code: 'INTERNAL_LAG',
    severity: 'WARN',
    meaning: 'Our own projection has not passed the end of the day yet.',
    action: 'The report is deferred and tried again.',
    userMessage: '',
  },
  {
    code: 'DATA_API_UNAVAILABLE',
    severity: 'WARN',
    meaning: "The venue's official report could not be fetched.",
    action: 'The report is deferred and tried again every hour.',
    userMessage: '',
  },
] as const satisfies readonly ReasonCode[];
