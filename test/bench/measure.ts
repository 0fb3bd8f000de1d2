/** What a line of the bench is: events a second, CPU, memory; and when everything is public. */

import { until } from '../e2e/log.ts';
import { type BenchChild } from './child.ts';

/** One measured run. */
export type Measured = {
  readonly fillsPerSecond: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakMb: number;
};

/** Every committed offset is public. Counts would not do: an heir publishes what it found. */
export async function publishedAll(children: readonly BenchChild[]): Promise<void> {
  const ports = await Promise.all(
    children.map(async (child) =>
      Number((await child.line((event) => event['event'] === 'STARTED'))['http_port']),
    ),
  );
  await until(
    'all reports are published',
    async () => {
      let sum = 0;
      for (const port of ports) {
        const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
        const left = text.matchAll(/^\w+_unpublished_offsets(?:\{.*\})? (\d+)/gm);
        for (const [, offsets] of left) sum += Number(offsets);
      }
      return sum === 0;
    },
    600_000,
  );
}

/** What children have reached over so many events, between two moments in milliseconds. */
export function measured(
  fills: number,
  from: number,
  to: number,
  children: readonly BenchChild[],
): Measured {
  const usages = children.map((child) => child.usage());
  const seconds = (to - from) / 1000;
  return {
    fillsPerSecond: Math.round(fills / seconds),
    seconds,
    cpuSeconds: usages.reduce((sum, usage) => sum + usage.cpuSeconds, 0),
    peakMb: Math.max(...usages.map((usage) => usage.peakMb)),
  };
}
