/** Words of ```numbers lines about reports of windows: their names (B12), the chain (B13). */

import {
  type AccountCheck,
  checkAccount,
  checkWindow,
  dayOf,
  type Standing,
  type WindowGrouping,
  type WindowKind,
  windowReportId,
} from '@polytraders/domain';
import { formatMicros, parsePusd, parseShares, pusd, type PusdMicros } from '@polytraders/money';
import { windowReportOf } from '../../services/pnl-projector/src/windows/report.ts';
import {
  atDay,
  createLog,
  price,
  qty,
  usd,
  wallets,
} from '../../services/pnl-projector/src/windows/log.fixture.ts';
import { emit } from '../../services/pnl-projector/src/windows/report.ts';
import { type ReportEntry } from '../../services/pnl-projector/src/windows/entry.ts';
import { PAPER_ACCOUNT, TOKEN } from '../../services/pnl-projector/src/events.fixture.ts';

type Words = { readonly pattern: RegExp; readonly answer: (...values: string[]) => string };

const DAY = 86_400_000_000;
const SEVERITIES = { NONE: '', WARN: ', warn', PAGE: ', page', HOLD: ', page, HELD' } as const;

function amount(text: string): PusdMicros {
  return parsePusd(text) as PusdMicros;
}

/** `100 and 60 YES`: cash, and shares of tokens. */
function standing(text: string): Standing {
  const [cash = '0', ...tokens] = text.split(' and ');
  const held = tokens.map((one) => {
    const [quantity = '', token = ''] = one.split(' ');
    return [token, parseShares(quantity)] as const;
  });
  return { cash: amount(cash), tokens: new Map(held as [string, never][]) };
}

function told(checks: readonly AccountCheck[], tolerance: string): string {
  const window = checkWindow(checks, amount(tolerance));
  const drift = window.drift === null ? '' : `, drift ${formatMicros(window.drift)}`;
  return `${window.status}${drift}${SEVERITIES[window.severity]}`;
}

function idOf(kind: string, end: string, grouping: string, mixed: string, revision: string) {
  return windowReportId({
    kind: kind as WindowKind,
    groupBy: grouping as WindowGrouping,
    end: dayOf(end) * DAY,
    mixed: mixed !== '',
    revision: revision === '' ? 1 : Number(revision),
  });
}

/** The day of the pages: 100 shares bought at 0.50, 60 sold at 0.70, by a taker at 25 bps. */
function dayOfPages(paper: 'false' | 'true' = 'false') {
  const log = createLog();
  const [account = ''] = wallets(1);
  log.tell('general_live', { include_paper: paper });
  log.fill({ account, block_number: 7 });
  const sold = { order_side: 'SELL', quantity_shares: qty('60'), size_pusd: usd('42') } as const;
  log.fill({ account, block_number: 7, ...sold });
  if (paper === 'true') log.fill({ account: PAPER_ACCOUNT, paper: true });
  const observed_at = atDay('2026-05-08', 86_399);
  const mark = { token_id: TOKEN, price: price('0.66'), kind: 'MID' as const, observed_at };
  return { log, account, made: log.close('2026-05-08', [mark]) };
}

function figure(entry: ReportEntry | undefined, name: string): string {
  if (entry === undefined) return 'no report';
  const value = windowReportOf(entry)[name as keyof ReturnType<typeof windowReportOf>];
  if (typeof value === 'bigint') return formatMicros(value);
  return JSON.stringify(value).replaceAll('"', '');
}

const topicsOf = (entry: ReportEntry | undefined): string =>
  (entry === undefined ? [] : emit(entry))
    .map(({ topic }) => topic.replace(/^polytraders\.(reports\.)?/, ''))
    .join(' ');

/** A purchase of 50 pUSD without a block; `placed`: at which block its receipt says that it is. */
function withoutBlock(placed: string): string {
  const log = createLog();
  const [account = ''] = wallets(1);
  const tx_hash = `0x${'7'.repeat(64)}`;
  log.fill({ account, fee_pusd: usd('1'), fee_bps: null, tx_hash, block_number: null });
  log.close('2026-05-08');
  const block = /^(\d+)/.exec(placed)?.[1];
  const isIn = placed !== '12, of the next day';
  const found = isIn ? { cash: '-51', tokens: { [TOKEN]: '100' } } : { cash: '0' };
  const told = block === undefined || !isIn ? {} : { placed: { [tx_hash]: Number(block) } };
  log.observe('2026-05-08', account, { tokens: { [TOKEN]: '0' }, ...found, ...told }, 10);
  const [report] = log.complete('2026-05-08', 10);
  if (report === undefined) return 'no report';
  const { reconciliation_status: status, onchain_drift_pusd: drift, unsettled_pusd: cash } = report;
  return `${status}, drift ${formatMicros(drift ?? 0n)}, unsettled ${formatMicros(cash)}`;
}

/** What comes after the day of the pages, and the ids of what it cuts. */
function after(what: string): string {
  const { log, account } = dayOfPages();
  const answer = { cash: '-8.23', tokens: { [TOKEN]: '40' } };
  if (what.includes('a late fill')) log.fill({ account, block_number: null });
  if (what.includes('an answer of the chain')) log.observe('2026-05-08', account, answer, 10);
  if (what.includes('no answer of the chain')) log.observe('2026-05-08', account, 'silent', 10);
  const errors = what.includes('no answer') ? 1 : 0;
  const made = what.includes('the next day closed')
    ? log.close('2026-05-09')
    : log.complete('2026-05-08', 10, errors);
  return made.map((one) => `${one.report_id} ${one.reconciliation_status}`).join('; ') || 'none';
}

export const windowWords: readonly Words[] = [
  {
    pattern: /^id of the (daily|weekly)( mixed)? report to (\S+) by (\w+)(?:, revision (\d+))?$/,
    answer: (kind = '', mixed = '', end = '', grouping = '', revision = '') =>
      idOf(kind, end, grouping, mixed, revision),
  },
  {
    pattern: /^books with (.+), chain with (.+?)(?:, tolerance (\S+))?$/,
    answer: (books = '', chain = '', tolerance = '0.01') => {
      const of = standing(books);
      const answered = chain === 'no answer' ? null : standing(chain);
      return told([checkAccount('a', of, answered, amount(tolerance))], tolerance);
    },
  },
  {
    pattern: /^accounts apart by (.+)$/,
    answer: (drifts = '') => {
      const nothing = { cash: pusd(0n), tokens: new Map() };
      const checks = drifts.split(' and ').map((drift, at) => {
        const books = { cash: amount(drift), tokens: new Map() };
        return checkAccount(String(at), books, nothing, amount('0.01'));
      });
      return told(checks, '0.01');
    },
  },
  {
    pattern: /^(\w+) of the window of the day$/,
    answer: (name = '') => figure(dayOfPages().made[0], name),
  },
  {
    pattern: /^(\w+) of the (regulatory|mixed) report with paper beside$/,
    answer: (name = '', which = '') =>
      figure(dayOfPages('true').made[which === 'mixed' ? 1 : 0], name),
  },
  {
    pattern: /^topics of the (regulatory|mixed) report$/,
    answer: (which = '') => topicsOf(dayOfPages('true').made[which === 'mixed' ? 1 : 0]),
  },
  {
    pattern: /^100 YES for 50 and a fee of 1, (?:receipt of|no) (?:block )?(.+)$/,
    answer: (placed = '') => withoutBlock(placed),
  },
  { pattern: /^reports after (.+)$/, answer: (what = '') => after(what) },
];
