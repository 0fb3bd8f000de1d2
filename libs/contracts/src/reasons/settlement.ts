/** Reason codes of the settlement planner: why nothing is planned, how a job ended, who is late. */

import { type ReasonCode } from './reason.ts';

export const SETTLEMENT_CODES = [
  {
    code: 'GOV_SETTLEMENT_SHARES_NOT_FREE',
    severity: 'INFO',
    meaning:
      'A redemption burns all shares of a condition, and an order, a pending fill or another job ' +
      'has a claim on some of them.',
    action: 'None; it is planned once they are free. See what keeps them: `polytraders inventory`.',
    userMessage: '',
  },
  {
    code: 'GOV_SETTLEMENT_PAYOUT_UNREADABLE',
    severity: 'WARN',
    meaning:
      'The resolution on the chain does not say what two outcomes pay, or in numbers too large ' +
      'for the contract to multiply.',
    action: 'Look the resolution up on the chain; redeem by hand.',
    userMessage: '',
  },
  {
    code: 'GOV_SETTLEMENT_FAILURES_SPENT',
    severity: 'WARN',
    meaning: 'The same plan has failed three times and is not planned again as it is.',
    action:
      'See why the executor gave up (`polytraders jobs`); it is planned anew once it would do ' +
      'something else, or when parameters of settlement-planner are told.',
    userMessage: '',
  },
  {
    code: 'GOV_SETTLEMENT_JOB_VOID',
    severity: 'INFO',
    meaning:
      'A queued job can no longer be done as it was published: shares are gone or kept, the ' +
      'market has resolved, or the contract or the fee is another.',
    action: 'None; what can be done instead is a job of its own.',
    userMessage: '',
  },
  {
    code: 'GOV_SETTLEMENT_BETTER_PLAN',
    severity: 'INFO',
    meaning: 'A queued job gave way to one that frees at least a tenth more.',
    action: 'None.',
    userMessage: '',
  },
  {
    code: 'GOV_SETTLEMENT_MODE_CHANGED',
    severity: 'INFO',
    meaning: 'The mode is another one: an open job is told again, as held or released by it.',
    action: 'None.',
    userMessage: '',
  },
  {
    code: 'GOV_SETTLEMENT_JOB_DONE',
    severity: 'INFO',
    meaning: 'The transaction of the job did it; or a claim or failure names a job that is done.',
    action: 'None; an executor that still holds it drops it.',
    userMessage: '',
  },
  {
    code: 'GOV_SETTLEMENT_DONE_OTHERWISE',
    severity: 'INFO',
    meaning: 'Another transaction than the claimed one did exactly what the job was to do.',
    action: 'None; see who sent it where nobody should have.',
    userMessage: '',
  },
  {
    code: 'GOV_SETTLEMENT_JOB_FAILED',
    severity: 'WARN',
    meaning: 'An executor gave the job up; or a claim or failure names a job that had failed.',
    action: 'Read failure_reason. Still worth it, it is planned anew under another id.',
    userMessage: '',
  },
  {
    code: 'GOV_SETTLEMENT_JOB_SUPERSEDED',
    severity: 'WARN',
    meaning: 'A claim or failure names a job that was superseded.',
    action: 'Do not send it. If it was sent, the chain tells what it did.',
    userMessage: '',
  },
  {
    code: 'GOV_SETTLEMENT_JOB_CLAIMED',
    severity: 'WARN',
    meaning: 'A second executor claims a job that is running.',
    action: 'Only one may have it: stop the other before both are mined.',
    userMessage: '',
  },
  {
    code: 'GOV_SETTLEMENT_JOB_OTHER_TX',
    severity: 'WARN',
    meaning: 'A failure names another transaction than the one that the job runs with.',
    action: 'None where the executor has replaced it; else name the right one.',
    userMessage: '',
  },
  {
    code: 'GOV_SETTLEMENT_JOB_UNKNOWN',
    severity: 'WARN',
    meaning: 'A claim or failure names a job that was never planned for this wallet.',
    action: 'Check the id and the account of the command.',
    userMessage: '',
  },
] as const satisfies readonly ReasonCode[];
