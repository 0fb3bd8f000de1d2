/** The reason codes of the two specified services, word for word, and what users are told. */

import { type ReasonCode, type UserExplanation } from './reason.ts';

/** PnL Reporter, `reason_codes` of its specification. */
export const PNL_REPORTER_CODES = [
  {
    code: 'PNL_REPORTER_FILL_PNL_COMPUTED',
    severity: 'INFO',
    meaning:
      'Fill event successfully processed; realised and unrealised P&L computed; ' +
      'SettlementReport emitted.',
    action: 'No action — routine.',
    userMessage: 'A trade was processed and your P&L was updated.',
  },
  {
    code: 'PNL_REPORTER_FEE_MISSING',
    severity: 'HARD_REJECT',
    meaning:
      'Fill event arrived without fee_bps in the match event. Cannot compute net P&L without ' +
      'match-event fee.',
    action: 'Quarantine fill; emit alert; require manual review before inclusion in ledger.',
    userMessage: '',
  },
  {
    code: 'PNL_REPORTER_FEE_CAP_EXCEEDED',
    severity: 'WARN',
    meaning: 'Observed fee_bps in match event exceeds V2 cap (taker > 100 bps or maker > 50 bps).',
    action: 'Quarantine fill; emit alert for manual review.',
    userMessage: '',
  },
  {
    code: 'PNL_REPORTER_PAPER_IN_REGULATORY',
    severity: 'WARN',
    meaning:
      'include_paper=true is set on a report that is flagged as regulatory. Paper fills must ' +
      'not appear in regulatory reports.',
    action: 'Flag report as mixed; emit WARN; do not include in 7-year retention tier.',
    userMessage: '',
  },
  {
    code: 'PNL_REPORTER_ONCHAIN_RECONCILE_FAIL',
    severity: 'WARN',
    meaning:
      'Aggregate P&L total diverges from on-chain pUSD balance beyond the reconciliation ' +
      'tolerance.',
    action: 'Flag report as unreconciled; emit alert; retry reconciliation after RPC cooldown.',
    userMessage: 'P&L reconciliation with on-chain balance is pending.',
  },
  {
    code: 'STALE_DATA',
    severity: 'WARN',
    meaning:
      'Mark-to-market price for an open position is stale (last fetch > 60s ago). Unrealised ' +
      'P&L uses last known price.',
    action: 'Emit WARN; use stale price for unrealised calculation; retry fetch on next cycle.',
    userMessage: 'Unrealised P&L estimate uses the most recently available price.',
  },
  {
    code: 'PNL_REPORTER_NEGRISK_DETECTED',
    severity: 'INFO',
    meaning:
      'A negative-risk market position was detected; NegRiskAdapter payoff function applied.',
    action: 'No action — informational.',
    userMessage:
      'A multi-outcome market position is included in your P&L, valued using the correct ' +
      'payoff formula.',
  },
  {
    code: 'MARKET_CLOSED',
    severity: 'INFO',
    meaning:
      'A market has resolved; open positions closed; realised P&L finalised at settlement price.',
    action: 'Compute final realised P&L; emit SettlementReport with event_type=MARKET_SETTLED.',
    userMessage: 'A market you participated in has resolved. Final P&L has been recorded.',
  },
] as const satisfies readonly ReasonCode[];

/** `threshold_logic` of its parameters names one more. */
export const CONFIGURATION_CODES = [
  {
    code: 'ConfigError',
    severity: 'HARD_REJECT',
    meaning: 'A setting has a value that it may not have; the service did not start.',
    action: 'Read the sentence in the log: it says what was expected and what was found.',
    userMessage: '',
  },
] as const satisfies readonly ReasonCode[];

/** Attribution Revenue Reporter, section 14 of its specification. */
export const REVENUE_REPORTER_CODES = [
  {
    code: 'REVENUE_REPORT',
    severity: 'INFO',
    meaning: 'Daily attribution revenue report generated and emitted.',
    action: 'Log and store.',
    userMessage: '',
  },
  {
    code: 'REVENUE_DRIFT_DETECTED',
    severity: 'WARN',
    meaning: 'Drift between internal and official rebate figures exceeds threshold.',
    action: 'Emit alert; quarantine report pending review.',
    userMessage: "A discrepancy was found in today's revenue report.",
  },
  {
    code: 'REPORT_DEFERRED',
    severity: 'WARN',
    meaning: 'Data API unavailable at report time; retry scheduled.',
    action: 'Emit WARN; schedule retry.',
    userMessage: '',
  },
  {
    code: 'RETENTION_BELOW_REGULATORY_MINIMUM',
    severity: 'WARN',
    meaning: 'retain_days < 2555.',
    action: 'Emit WARN; refuse config change.',
    userMessage: '',
  },
  {
    code: 'KILL_SWITCH_ACTIVE',
    severity: 'WARN',
    meaning: 'KillSwitch active; report notes trading was halted during window.',
    action: 'Include kill-switch note in report.',
    userMessage: '',
  },
] as const satisfies readonly ReasonCode[];

/** Plain English for users, by situation. */
export const USER_EXPLANATIONS = [
  {
    situation: 'Daily P&L report generated',
    message:
      "Today's trading summary: total volume, realised gains/losses, fees paid, and maker " +
      'rebates received — all in pUSD.',
  },
  {
    situation: 'Maker rebate credited',
    message:
      'A portion of the trading fee was returned as a maker rebate, credited in pUSD to ' +
      'reduce the net cost of the trade.',
  },
  {
    situation: 'P&L cross-check with on-chain balance passed',
    message: 'The reported P&L matches the actual on-chain pUSD balance. Records are reconciled.',
  },
  {
    situation: 'Negative-risk position in report',
    message:
      'Some positions are in multi-outcome markets. Their P&L is calculated using the correct ' +
      'multi-outcome payoff formula.',
  },
  {
    situation: 'Daily revenue report published',
    message:
      "Today's builder attribution revenue report has been published. All records are " +
      'available in the governance audit log.',
  },
  {
    situation: 'Revenue drift detected',
    message:
      'A discrepancy was found between internal records and the official rebate report. The ' +
      'affected records are under review.',
  },
] as const satisfies readonly UserExplanation[];

export type Situation = (typeof USER_EXPLANATIONS)[number]['situation'];
