/** Settings of the window clock. Seconds, as operators think of them. */

import { RuntimeError } from '@polytraders/runtime';

export type WindowConfig = {
  /** How long after its end a window is closed at the earliest, in milliseconds. */
  readonly settleMs: number;
  /** How long no fill of it must have come in. */
  readonly quietMs: number;
  /** After so long a wait a window is closed although something is not read. */
  readonly waitMsMax: number;
  /** The first wait before balances that could not be read are asked for again; then doubled. */
  readonly retryMs: number;
};

type Env = Readonly<Record<string, string | undefined>>;

const DAY_SECONDS = 86_400;

/** Reads `WINDOW_…`. Throws CONFIGURATION. */
export function windowConfig(env: Env): WindowConfig {
  return {
    settleMs: 1000 * seconds(env, 'WINDOW_SETTLE_SECONDS', 600, 0),
    quietMs: 1000 * seconds(env, 'WINDOW_QUIET_SECONDS', 60, 0),
    waitMsMax: 1000 * seconds(env, 'WINDOW_WAIT_SECONDS_MAX', 3_600, 0),
    retryMs: 1000 * seconds(env, 'WINDOW_BALANCES_RETRY_SECONDS', 60, 1),
  };
}

function seconds(env: Env, name: string, initial: number, least: number): number {
  const text = env[name] ?? '';
  if (text === '') return initial;
  const value = Number(text);
  if (/^\d{1,5}$/.test(text) && value >= least && value <= DAY_SECONDS) return value;
  throw new RuntimeError(
    'CONFIGURATION',
    `Expected ${name} as whole seconds from ${String(least)} to ${String(DAY_SECONDS)}; found ` +
      `"${text}".`,
    { retryable: false },
  );
}
