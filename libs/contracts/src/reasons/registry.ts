/**
 * The one registry of reason codes. Whoever puts a code into a report, an alert, a flag or the
 * quarantine takes it from here; docs/reason-codes.md is written from here.
 */

import { ALARM_CODES, FLAG_CODES, INCOMPLETE_CODES } from './ours.ts';
import { type ReasonCode } from './reason.ts';
import { INPUT_CODES } from './refused-input.ts';
import { SETTLEMENT_CODES } from './settlement.ts';
import {
  CONFIGURATION_CODES,
  PNL_REPORTER_CODES,
  REVENUE_REPORTER_CODES,
  USER_EXPLANATIONS,
} from './specified.ts';

const GROUPS = [
  { title: 'PnL Reporter, as specified', codes: PNL_REPORTER_CODES },
  { title: 'Settings, as specified', codes: CONFIGURATION_CODES },
  { title: 'Attribution Revenue Reporter, as specified', codes: REVENUE_REPORTER_CODES },
  { title: 'Refused input', codes: INPUT_CODES },
  { title: 'Flags on booked facts', codes: FLAG_CODES },
  { title: 'Incomplete numbers', codes: INCOMPLETE_CODES },
  { title: 'Alarms', codes: ALARM_CODES },
  { title: 'Settlement jobs', codes: SETTLEMENT_CODES },
] as const;

/** Every code of the registry. */
export type Reason = (typeof GROUPS)[number]['codes'][number]['code'];

/** The registry, in the order in which it is documented. */
export const REASON_CODES: readonly (ReasonCode & { readonly code: Reason })[] = GROUPS.flatMap(
  ({ codes }): readonly (ReasonCode & { readonly code: Reason })[] => codes,
);

const byCode = new Map<string, ReasonCode>(REASON_CODES.map((reason) => [reason.code, reason]));

/** What the registry says about a code, or undefined for a code that it does not know. */
export function reasonOf(code: string): ReasonCode | undefined {
  return byCode.get(code);
}

/** docs/reason-codes.md. */
export function reasonCodesPage(): string {
  const sections = GROUPS.map(({ title, codes }) => {
    const rows = codes.map(
      ({ code, severity, meaning, action, userMessage }) =>
        `| \`${code}\` | ${severity} | ${meaning} | ${action} | ${userMessage} |`,
    );
    return [`## ${title}`, '', HEAD, RULE, ...rows].join('\n');
  });
  const explanations = USER_EXPLANATIONS.map(
    ({ situation, message }) => `| ${situation} | ${message} |`,
  );
  return [
    '# Reason codes',
    '',
    'Written by `npm run -w libs/contracts generate` from `libs/contracts/src/reasons/`; a test',
    'says when it is not current. A code is never renamed: reports keep it for seven years.',
    '',
    sections.join('\n\n'),
    '',
    '## What users are told',
    '',
    '| Situation | Message |',
    '|---|---|',
    ...explanations,
    '',
  ].join('\n');
}

const HEAD = '| Code | Severity | Meaning | Action | User message |';
const RULE = '|---|---|---|---|---|';
