/** A planner in memory that can be told more and more, for tests. */

import { type LedgerEvent, type SettlementJob } from '@polytraders/contracts';
import { createDriver, type Driven } from '@polytraders/stream';
import { type LedgerEntry } from './entry.ts';
import { jobsIn, logOf, PARTITION } from './events.fixture.ts';
import { processor } from './processor.ts';
import { type Entity, plansKey, type Plans } from './state.ts';

/** A desk that can be told more and more. */
export function desk() {
  const driver = createDriver(processor);
  let offset = 0;
  let entities: ReadonlyMap<string, Entity> = new Map();
  return {
    tell: (...events: readonly LedgerEvent[]): Driven<Entity, LedgerEntry> => {
      const driven = driver.drive(logOf(events, offset));
      offset += events.length;
      entities = driven.entities;
      return driven;
    },
    plans: () => entities.get(plansKey(PARTITION)) as Plans,
  };
}

/** The job that was published last. */
export function lastJob(driven: Driven<Entity, LedgerEntry>): SettlementJob {
  const job = jobsIn(driven.emitted).at(-1);
  if (job === undefined) throw new Error('Expected a job.');
  return job;
}

/** Outcomes with their causes. */
export const becauseOf = (driven: Driven<Entity, LedgerEntry>) =>
  driven.outcomes.map(({ outcome, because }) => `${outcome}: ${because}`);
