/** Logs with reviewed commands, and what came of them. */

import {
  type FillConfirmed,
  type LedgerEvent,
  type SettlementReport,
  TOPICS,
} from '@polytraders/contracts';
import { pusd } from '@polytraders/money';
import { createDriver, type Driven, type Emission } from '@polytraders/stream';
import { type Entity, type Holding, holdingKey } from '../entities.ts';
import { type LedgerEntry } from '../entry.ts';
import { ACCOUNT, fillConfirmed, parametersChanged, TOKEN } from '../events.fixture.ts';
import { eventsOf } from '../movements.fixture.ts';
import { processor } from '../processor.ts';
import { fillReleased, fillReversed, modeHeldReleased } from './reviewed.fixture.ts';

export type Played = Driven<Entity, LedgerEntry>;

export const confirmed = (value: FillConfirmed): LedgerEvent => ({ type: 'FillConfirmed', value });
export const released = (...said: Parameters<typeof fillReleased>): LedgerEvent => ({
  type: 'FillReleased',
  value: fillReleased(...said),
});
export const reversed = (...said: Parameters<typeof fillReversed>): LedgerEvent => ({
  type: 'FillReversed',
  value: fillReversed(...said),
});
export const mode = (of: 'limited_live' | 'general_live' | 'shadow_only'): LedgerEvent => ({
  type: 'ParametersChanged',
  value: parametersChanged(of),
});
export const modeHeld = (...said: Parameters<typeof modeHeldReleased>): LedgerEvent => ({
  type: 'ReportReleased',
  value: modeHeldReleased(...said),
});

export const buy = (
  name: string,
  pusdEach: bigint,
  said: Partial<FillConfirmed> = {},
): FillConfirmed =>
  fillConfirmed({ fill_id: name, size_pusd: pusd(pusdEach * 1_000_000n), ...said });
export const sell = (
  name: string,
  pusdEach: bigint,
  said: Partial<FillConfirmed> = {},
): FillConfirmed => buy(name, pusdEach, { order_side: 'SELL', ...said });

export const play = (...events: readonly LedgerEvent[]): Played =>
  createDriver(processor).drive(eventsOf(events));

export function reportsOf(emitted: readonly Emission[]): readonly SettlementReport[] {
  return emitted
    .filter(({ topic }) => topic === TOPICS.settlementReports.name)
    .map(({ record }) => record.value as SettlementReport);
}

export function book({ entities }: Played) {
  return (entities.get(holdingKey(ACCOUNT, TOKEN)) as Holding).books[0];
}

export const noFee = { fee_bps: null, fee_source: null } as const;
export const DAY = 86_400_000_000;
