/**
 * What a reviewed command reads of the ledger: the line of a fill that was set aside, all lines of
 * a token in a wallet, those of one event, and the reports that a mode has held. Each is an entity
 * of the ledger itself, loaded only for such a command (libs/stream, History).
 */

import { type LedgerEvent } from '@polytraders/contracts';
import { type History, type LedgerRange, type Lookup } from '@polytraders/stream';
import { type Entity, type Holding, holdingKey, type Lines, marketKey } from '../entities.ts';
import { type LedgerEntry } from '../entry.ts';

const PREFIX = 'lines|';
const SEPARATOR = '|';

/** The line of a fill that was set aside. */
export function asideKey(fillId: string): string {
  return `${PREFIX}aside|${fillId}`;
}

/** All lines of a token in a wallet. */
export function tokenLinesKey(account: string, token: string): string {
  return `${PREFIX}token|${account}|${token}`;
}

/** All lines that one event of the log has left. */
export function eventLinesKey(offset: number): string {
  return `${PREFIX}at|${String(offset)}`;
}

/** Lines of limited_live, whose reports are held, from ≤ offset < to. */
export function heldLinesKey(from: number, to: number): string {
  return `${PREFIX}held|${String(from)}|${String(to)}`;
}

export const history: History<LedgerEvent, Entity, LedgerEntry> = {
  isReadBy: (event) =>
    event.type === 'FillReleased' ||
    event.type === 'FillReversed' ||
    (event.type === 'ReportReleased' && event.value.release_kind === 'MODE_HELD'),
  rangeOf,
  revive: (lines): Lines => ({ kind: 'lines', lines }),
};

function rangeOf(key: string): LedgerRange | null {
  if (!key.startsWith(PREFIX)) return null;
  const [, what, first = '', ...rest] = key.split(SEPARATOR);
  const last = rest.join(SEPARATOR);
  switch (what) {
    case 'aside': {
      const fillId = key.slice(`${PREFIX}aside|`.length);
      return { from: 0, to: null, where: { quarantined: 'true', fill_id: fillId } };
    }
    case 'token':
      return { from: 0, to: null, where: { account: first, token_id: last } };
    case 'at':
      return { from: Number(first), to: Number(first) + 1, where: {} };
    default:
      return { from: Number(first), to: Number(last), where: { mode: 'limited_live' } };
  }
}

/** The lines of a key that was asked for. */
export function linesOf(state: Lookup<Entity>, key: string): Lines['lines'] {
  return (state.get(key) as Lines | undefined)?.lines ?? [];
}

/**
 * The tokens whose books a fill of this one may have touched: its own, and those that a conversion
 * has given for it or that it was given for, and so on. Empty until their lines are loaded.
 */
export function familyOf(state: Lookup<Entity>, account: string, token: string): readonly string[] {
  const family = new Set([token]);
  for (const one of family) {
    for (const offset of conversionsOf(state, account, one)) {
      for (const { entry } of linesOf(state, eventLinesKey(offset))) {
        if (entry.account === account && entry.token_id !== null) family.add(entry.token_id);
      }
    }
  }
  return [...family];
}

/** Keys of everything that a fill's reversal must know, as far as what is loaded names it. */
export function reversalKeys(
  state: Lookup<Entity>,
  partition: number,
  account: string,
  token: string,
): readonly string[] {
  return familyOf(state, account, token).flatMap((one) => {
    const holding = state.get(holdingKey(account, one)) as Holding | undefined;
    const condition = holding?.conditionId ?? null;
    return [
      holdingKey(account, one),
      tokenLinesKey(account, one),
      ...conversionsOf(state, account, one).map(eventLinesKey),
      ...(condition === null ? [] : [marketKey(partition, condition)]),
    ];
  });
}

function conversionsOf(state: Lookup<Entity>, account: string, token: string): readonly number[] {
  const offsets = new Set<number>();
  for (const { offset, entry } of linesOf(state, tokenLinesKey(account, token)))
    if (entry.entry_kind === 'CONVERT') offsets.add(offset);
  return [...offsets];
}
