/** The figures of a bench as a table with ratios: medians over the rounds, spread beside them. */

import { type Live } from './live.ts';
import { type BenchOptions } from './main.ts';
import { type Measured } from './measure.ts';
import { type SpineFigures } from './spine.ts';

export type Figures = {
  readonly options: BenchOptions;
  readonly baseline: Measured[];
  readonly rebuild: Measured[];
  readonly publish: Measured[];
  readonly naive: Measured[];
  readonly live: Live[];
  /** The same with events of every kind on the log: marks, negative risk, movements, windows. */
  readonly liveWhole: Live[];
  readonly spine: SpineFigures;
};

/** Goals that the ratios are held against; the text says reached or not. */
const goals = {
  rebuild: 0.7,
  publish: 0.45,
  naive: 30,
  peakMb: 640,
  liveP99Ms: 20,
  /** What windows, marks and negative risk may cost a fill. */
  wholeToFills: 1.2,
} as const;

export function report(figures: Figures): string {
  const base = median(figures.baseline.map((one) => one.fillsPerSecond));
  const rebuild = median(figures.rebuild.map((one) => one.fillsPerSecond));
  const publish = median(figures.publish.map((one) => one.fillsPerSecond));
  const naive = median(figures.naive.map((one) => one.fillsPerSecond));
  const peak = Math.max(...[...figures.rebuild, ...figures.publish].map((one) => one.peakMb));
  const lines = [
    '',
    `${figures.options.fills.toLocaleString('en')} fills, ` +
      `${figures.options.books.toLocaleString('en')} books, 12 partitions, ` +
      `${figures.options.workers} workers, median of ${figures.options.rounds} interleaved ` +
      'rounds (spread)',
    '',
    row('(a) consume, decode, COPY, two connections', figures.baseline, base),
    row('(b) projector, rebuild', figures.rebuild, base),
    row('(b+) projector, catch-up with publishing', figures.publish, base),
    row('(c) naive: one message, one transaction', figures.naive, base),
    '',
    verdict('rebuild ÷ (a)', rebuild / base, goals.rebuild, 'least'),
    verdict('publishing ÷ (a)', publish / base, goals.publish, 'least'),
    verdict('rebuild ÷ (c)', rebuild / naive, goals.naive, 'least'),
    verdict('peak memory of a worker, MB', peak, goals.peakMb, 'most'),
  ];
  const { rate } = figures.options;
  lines.push(
    ...liveLines('live', `${rate} fills/s`, figures.live),
    ...liveLines('live, everything', `${rate} events/s of every kind`, figures.liveWhole),
  );
  if (figures.live.length > 0) {
    const ratio = median(figures.liveWhole.map(p99)) / median(figures.live.map(p99));
    lines.push(verdict('live p99: everything ÷ fills alone', ratio, goals.wholeToFills, 'most'));
  }
  return `${[...lines, ...spineLines(figures)].join('\n')}\n`;
}

function p99(live: Live): number {
  return live.p99;
}

/** Each figure is the median of its rounds, so that the three need not be of one round. */
function liveLines(name: string, rate: string, rounds: readonly Live[]): readonly string[] {
  if (rounds.length === 0) return [];
  const total = (of: (live: Live) => number): number =>
    rounds.reduce((sum, live) => sum + of(live), 0);
  const middle = (of: (live: Live) => number): string => median(rounds.map(of)).toFixed(1);
  const [count, windows, missing] = [
    total((live) => live.count),
    total((live) => live.windows),
    total((live) => live.missing),
  ];
  const beside = windows === 0 ? '' : `, ${windows.toLocaleString('en')} reports of windows beside`;
  const lost = missing === 0 ? '' : `, ${missing.toLocaleString('en')} NOT THERE`;
  return [
    `${name}, ${count.toLocaleString('en')} fills at ${rate}${beside}${lost}, log → report ` +
      `visible: p50 ${middle((live) => live.p50)}  p99 ${middle(p99)} ` +
      `(${rounds.map((live) => live.p99.toFixed(1)).join(', ')})  ` +
      `p99.9 ${middle((live) => live.p999)} ms`,
    verdict(`${name}: p99, ms`, median(rounds.map(p99)), goals.liveP99Ms, 'most'),
  ];
}

/** A line for each processor, against a COPY of one bare row an event. */
function spineLines({ spine, options }: Figures): readonly string[] {
  if (spine.baseline.length === 0) return [];
  const base = median(spine.baseline.map((one) => one.fillsPerSecond));
  const line = (name: string, rounds: readonly Measured[]) =>
    row(name, rounds, base, 'events', '(d)');
  return [
    '',
    `Each processor, publishing, over ${options.events.toLocaleString('en')} events: orders, ` +
      'fills, requests, movements, resolutions',
    '',
    line('(d) consume, decode, COPY one bare row', spine.baseline),
    line('pnl-projector', spine.projector),
    line('inventory-reserver', spine.reserver),
    line('settlement-planner', spine.planner),
    line('fill-ingestor, from inbox to log', spine.ingestor),
  ];
}

function row(
  name: string,
  rounds: readonly Measured[],
  base: number,
  what = 'fills',
  against = '(a)',
): string {
  const rates = rounds.map((one) => one.fillsPerSecond);
  const rate = median(rates);
  const cpu = median(rounds.map((one) => one.cpuSeconds));
  const peak = Math.max(...rounds.map((one) => one.peakMb));
  return (
    `${name.padEnd(44)} ${rate.toLocaleString('en').padStart(9)} ${what}/s ` +
    `(${Math.min(...rates).toLocaleString('en')}–${Math.max(...rates).toLocaleString('en')})  ` +
    `${(rate / base).toFixed(3)} of ${against}  ${cpu.toFixed(1)} CPU s  ${peak.toFixed(0)} MB`
  );
}

function verdict(name: string, value: number, goal: number, kind: 'least' | 'most'): string {
  const reached = kind === 'least' ? value >= goal : value <= goal;
  return (
    `${name.padEnd(44)} ${value.toFixed(2).padStart(9)}  goal ${kind === 'least' ? '≥' : '≤'} ` +
    `${goal}: ${reached ? 'reached' : 'NOT reached'}`
  );
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
