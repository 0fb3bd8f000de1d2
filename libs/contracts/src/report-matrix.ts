/**
 * Which fields of the flat SettlementReport an event_type carries. The schema itself says so: the
 * doc of a field that not every report has begins with the kinds that have it, `Fill, market: …`.
 */

import { type SettlementReport } from './generated/settlement-report.ts';
import { shapeOfRecord } from './json-form.ts';

type ReportType = SettlementReport['event_type'];
type Field = keyof SettlementReport;

const KINDS: readonly (readonly [kind: string, type: ReportType])[] = [
  ['fill', 'FILL_PNL_COMPUTED'],
  ['window', 'SETTLEMENT_REPORT'],
  ['market', 'MARKET_SETTLED'],
  ['correction', 'CORRECTION'],
  ['revenue', 'REVENUE_REPORT'],
  ['deferred', 'REPORT_DEFERRED'],
];
const PREFIX = /^((?:Fill|Window|Market|Correction|Revenue|Deferred)(?:, [a-z]+)*): /;

/** Fields that a report of this type may carry; all others are null in it. */
export function fieldsOfReport(type: ReportType): readonly Field[] {
  const kind = KINDS.find(([, each]) => each === type)?.[0] ?? '';
  return shapeOfRecord('SettlementReport')
    .fields.filter(({ doc }) => kindsOf(doc).includes(kind))
    .map(({ name }) => name as Field);
}

/** The table of schemas/README.md. */
export function reportMatrix(): string {
  const head = KINDS.map(([, type]) => type).join(' | ');
  const rows = shapeOfRecord('SettlementReport').fields.map(({ name, doc, nullable }) => {
    const cells = KINDS.map(([kind]) =>
      kindsOf(doc).includes(kind) ? (nullable ? 'may' : 'yes') : '',
    );
    return `| \`${name}\` | ${cells.join(' | ')} |`;
  });
  return [`| Field | ${head} |`, `|---|${KINDS.map(() => '---|').join('')}`, ...rows, ''].join(
    '\n',
  );
}

function kindsOf(doc: string): readonly string[] {
  const match = PREFIX.exec(doc);
  return match?.[1] === undefined
    ? KINDS.map(([kind]) => kind)
    : match[1].toLowerCase().split(', ');
}
