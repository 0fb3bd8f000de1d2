/** The runbook of the PnL reporter against `runbook.oncall_actions` of its specification. */

import { expect, test } from '@jest/globals';
import { pageAt } from './pages.ts';

type Action = {
  readonly alert: string;
  readonly section: string;
  /** What the first step of the specification has people look at. */
  readonly firstStep: readonly RegExp[];
  readonly escalation: RegExp;
};

const actions: readonly Action[] = [
  {
    alert: 'PnLReporterFeeMissing',
    section: 'Runbook PnLReporter fee missing',
    firstStep: [/which fills are quarantined/, /`fee_bps`/, /format has changed/, /CLOB/],
    escalation: /to the Governance pod lead immediately\.$/,
  },
  {
    alert: 'PnLReporterOnchainReconcileDrift',
    section: 'Runbook PnLReporter reconcile drift',
    firstStep: [/Polygon RPC/, /review `pnl_ledger` for quarantined\s+fills/],
    escalation: /Governance pod lead, and to the finance team if the drift persists .* 1 h\.$/,
  },
  {
    alert: 'PnLReporterNoFillsIn1h',
    section: 'Runbook PnLReporter no fills',
    firstStep: [/CLOB feed/, /CTFExchangeV2 event stream/, /quiet market or a feed/],
    escalation: /to the Exec pod lead if a disconnection of the feed is confirmed\.$/,
  },
  {
    alert: 'PnLReporterFeeCap',
    section: 'Runbook PnLReporter fee cap',
    firstStep: [/quarantined fills' `fee_bps`/, /mis-configured its fee rates/],
    escalation: /to the Governance pod lead\.$/,
  },
];

const sections = new Map(
  pageAt('docs/operations/runbook-pnl-reporter.md')
    .text.split(/^## /m)
    .slice(1)
    .map((text) => [text.split('\n')[0] ?? '', text] as const),
);

/** A paragraph that begins with its word in bold, to the next such word. */
function paragraph(text: string, word: string): string {
  const [, after = ''] = text.split(`**${word}**`);
  return (after.split(/^\*\*/m)[0] ?? '').trim();
}

test.each(actions)('$alert: first step and escalation are the specified ones', (action) => {
  const text = sections.get(action.section) ?? '';
  expect(paragraph(text, 'You see')).toContain(`\`${action.alert}\``);
  for (const step of action.firstStep) expect(paragraph(text, 'First step')).toMatch(step);
  expect(paragraph(text, 'Escalate').replaceAll('\n', ' ')).toMatch(action.escalation);
});

test('the manual override reprocess_fill stands where a fill waits for it', () => {
  const text = sections.get('Runbook PnLReporter fee missing') ?? '';
  expect(paragraph(text, 'Then')).toContain(
    '`polytraders gov pnl reprocess --fill-id ID --reviewed-by OPERATOR`',
  );
});
