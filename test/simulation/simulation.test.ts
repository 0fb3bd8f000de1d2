import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { simulate, type SimulationPlan } from './simulation.ts';

const base = process.env['SIMULATION_SEED'] ?? `s${Date.now().toString(36)}`;
const runs = Number(process.env['SIMULATION_RUNS'] ?? 200);

const mishaps = { failedBatch: 1_500, contention: 2_000, lostPlace: 1_200 };
const rain: Omit<SimulationPlan, 'seed'> = {
  partitions: 4,
  events: 240,
  workers: 2,
  trafficMs: 20_000,
  restartMs: [2_000, 40_000],
  weather: {
    crash: 60,
    outage: 150,
    freeze: 12,
    freezeCommit: 0,
    ...mishaps,
    latencyMsMax: 8,
    freezeMsMax: 12_000,
  },
};
/** More workers than it takes, often frozen: partitions change hands with work in flight. */
const storm: Omit<SimulationPlan, 'seed'> = {
  partitions: 4,
  events: 240,
  workers: 3,
  trafficMs: 40_000,
  restartMs: [1_000, 15_000],
  weather: {
    crash: 100,
    outage: 60,
    freeze: 40,
    freezeCommit: 600,
    ...mishaps,
    latencyMsMax: 8,
    freezeMsMax: 9_000,
  },
};

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

describe(`a worker that may crash or freeze at every step (SIMULATION_SEED=${base})`, () => {
  test(`leaves one line and one report an event, in order, in ${runs} weathers`, async () => {
    const wrong = { failedBatch: 0, contention: 0, lostPlace: 0 };
    const sums = { crashes: 0, outages: 0, freezes: 0, steps: 0, reports: 0, ...wrong };
    for (let run = 0; run < runs; run += 1) {
      const seed = `${base}/${run}`;
      const plan = { ...(run % 2 === 0 ? rain : storm), seed };
      const result = await simulate(plan, (ms) => jest.advanceTimersByTimeAsync(ms));
      jest.clearAllTimers();
      expect({ seed, complaints: result.complaints }).toEqual({ seed, complaints: [] });
      for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += result[name];
    }
    process.stderr.write(`Simulation ${base}: ${JSON.stringify(sums)}\n`);
    expect(sums.crashes).toBeGreaterThan(runs);
    for (const name of Object.keys(wrong) as (keyof typeof wrong)[])
      expect(sums[name]).toBeGreaterThanOrEqual(Math.floor(runs / 4));
  }, 900_000);
});
