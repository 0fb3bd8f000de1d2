/**
 * Executors of a crash test: they read what the planner proposes, claim some of it and give some
 * of that up. What is proposed is asked of the planner itself, folded in memory: only it can name
 * its jobs. What must come of the claims is not concluded from it.
 */

import { TOPICS, type LedgerEvent, type SettlementJob } from '@polytraders/contracts';
import { createDriver } from '@polytraders/stream';
import { type Random } from '@polytraders/testkit/generator';
import { processor } from '../../services/settlement-planner/src/processor.ts';

export type Executors = {
  /** Lets them see an event where it stands on the log. */
  readonly see: (event: LedgerEvent, partition: number, offset: number) => void;
  /** What one of them says now, if anything. */
  readonly says: () => Said | null;
};

export type Said = {
  readonly event: Extract<LedgerEvent, { type: 'SettlementJobClaimed' | 'SettlementJobFailed' }>;
  readonly account: string;
};

type Known = Pick<SettlementJob, 'job_id' | 'account'>;

const rememberedMax = 200;

/** Executors who decide by `random`. */
export function createExecutors(random: Random): Executors {
  const planner = createDriver(processor);
  const queued: Known[] = [];
  const running: (Known & { readonly txHash: string })[] = [];
  let at = 0;

  const common = () => ({
    event_id: `evt_${random.hex(12).slice(2)}`,
    correlation_id: `cor_${random.hex(12).slice(2)}`,
    causation_id: null,
    producer: 'fill-ingestor',
    effective_at: at,
    recorded_at: at,
    source: 'commands' as const,
    source_position: random.hex(8),
  });

  function claim(): Said | null {
    const job = queued.pop();
    if (job === undefined) return null;
    const { job_id, account } = job;
    const txHash = random.hex(32);
    running.push({ ...job, txHash });
    const value = { ...common(), job_id, account, tx_hash: txHash, claimed_by: 'executor.one' };
    return { event: { type: 'SettlementJobClaimed', value }, account };
  }

  function fail(): Said | null {
    const job = running.shift();
    if (job === undefined) return null;
    const { job_id, account, txHash } = job;
    const said = {
      job_id,
      account,
      tx_hash: txHash,
      failed_by: 'executor.one',
      reason: 'Reverted.',
    };
    return { event: { type: 'SettlementJobFailed', value: { ...common(), ...said } }, account };
  }

  return {
    see: (event, partition, offset) => {
      at = event.value.recorded_at;
      const topic = TOPICS.ledgerEvents.name;
      for (const { record } of planner.drive([{ event, topic, partition, offset }]).emitted) {
        const job = record.value as SettlementJob;
        if (job.state === 'queued') queued.push(job);
        if (queued.length > rememberedMax) queued.shift();
      }
    },
    says: () => {
      if (random.chance(1, 60)) return claim();
      return random.chance(1, 120) ? fail() : null;
    },
  };
}
