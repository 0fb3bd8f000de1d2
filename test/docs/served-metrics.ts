/** The names of all metrics that the services serve, asked of the code that serves them. */

import { processor as inventoryReserver } from '@polytraders/inventory-reserver/processor';
import { processor as pnlProjector } from '@polytraders/pnl-projector/processor';
import { processor as settlementPlanner } from '@polytraders/settlement-planner/processor';
import { createWriter } from '@polytraders/fill-ingestor';
import { createMetrics } from '../../libs/runtime/src/service/metrics.ts';

export type Served = {
  /** As /metrics declares them. */
  readonly names: readonly string[];
  /** What a query may ask for: also the buckets, sum and count of a histogram. */
  readonly series: ReadonlySet<string>;
};

const LIVE = { mode: 'general_live', isRebuild: false } as const;

/** What the services' /metrics hold. */
export async function servedMetrics(): Promise<Served> {
  const texts = await Promise.all([
    createMetrics(pnlProjector, LIVE).text(),
    createMetrics(inventoryReserver, LIVE).text(),
    createMetrics(settlementPlanner, LIVE).text(),
    createMetrics(createWriter(new Map()), LIVE).text(),
  ]);
  const declared = [...texts.join('\n').matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(
    ([, name = '', kind]) => ({ name, kind }),
  );
  const series = declared.flatMap(({ name, kind }) =>
    kind === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
  );
  return { names: declared.map(({ name }) => name), series: new Set(series) };
}

/** The metrics of ours that a PromQL expression names. */
export function metricsIn(expression: string): readonly string[] {
  return [...new Set(expression.match(/\bpolytraders_\w+/g) ?? [])];
}
