/**
 * One component's life: found running and reused, found hanging and cleared, or started.
 *
 * absent ──start──▶ starting ──probe answers──▶ up ──stop or kill──▶ absent
 *   ▲                  │ process ends, or no answer in time: the error shows the end of its log
 *   └──────────────────┘
 */

import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Component, type Context } from './component.ts';
import { layoutOf } from './layout.ts';
import { forget, gone, isRunning, readRunning, signal, spawnDetached } from './process.ts';
import { tailOf, type Running, type ServerCommand } from './process.ts';
import { isOfStack, strayOf } from './strays.ts';

const answerMsMax = 120_000;
/** A server that runs but does not answer for this long is started anew. */
const hangMsMax = 10_000;
const stopMsMax = 30_000;
const pollMs = 100;

/** Asks until the server answers. Rejects with the last refusal, or when `running` has ended. */
async function untilAnswers(
  component: Component,
  context: Context,
  running: Running,
  waitMs: number,
): Promise<void> {
  const deadline = Date.now() + waitMs;
  for (;;) {
    try {
      return await component.probe(context);
    } catch (error) {
      const log = layoutOf(context.dir).log(component.name);
      if (!isRunning(running)) {
        throw new Error(
          `${component.title} ended while it was starting: mend what the end of its log says; ` +
            `npm run doctor may know more. The end of ${log}:\n${tailOf(log, 15)}`,
          { cause: error },
        );
      }
      if (Date.now() > deadline) {
        throw new Error(
          `${component.title} runs (process ${running.pid}) but did not answer within ` +
            `${waitMs / 1000} s: ${(error as Error).message}. Its log is ${log}.`,
          { cause: error },
        );
      }
    }
    await sleep(pollMs);
  }
}

function fingerprintOf(command: ServerCommand): string {
  const { args, env, config, user } = command;
  const text = JSON.stringify([command.command, args, env, config ?? null, user ?? null]);
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** The process of this stack's component, also if its file is lost; null when it does not run. */
export function runningOf(dir: string, component: Component): Running | null {
  const running = readRunning(layoutOf(dir).pid(component.name));
  const isOurs = isRunning(running) && isOfStack(dir, component.name, running);
  return isOurs ? running : strayOf(dir, component.name);
}

/** True when the process that was found serves, and was started as we would start it now. */
async function canBeReused(
  component: Component,
  context: Context,
  found: Running,
  command: ServerCommand,
): Promise<boolean> {
  if (found.fingerprint === null) {
    context.say(
      `${component.title} runs (process ${found.pid}), but the file that says so is lost; ` +
        'starting it anew on its data.',
    );
    return false;
  }
  if (found.fingerprint !== fingerprintOf(command)) {
    context.say(`${component.title} runs with other settings than today's; starting it anew.`);
    return false;
  }
  try {
    await untilAnswers(component, context, found, hangMsMax);
    return true;
  } catch {
    context.say(
      `${component.title} was left running (process ${found.pid}) but does not answer; ` +
        'clearing it and starting it on its data.',
    );
    return false;
  }
}

/** Brings one component up; does nothing when it already serves. */
export async function bringUp(
  component: Component,
  context: Context,
): Promise<'found' | 'started'> {
  const file = layoutOf(context.dir).pid(component.name);
  const before = readRunning(file);
  const found = runningOf(context.dir, component);
  const command = await component.prepare(context);
  if (found !== null) {
    if (await canBeReused(component, context, found, command)) {
      await component.settle(context);
      return 'found';
    }
    await bringDown(component, context.dir);
  } else if (before !== null) {
    context.say(`${component.title} had ended without being told to; starting it on its data.`);
  }
  const running = await spawnDetached(command, {
    log: layoutOf(context.dir).log(component.name),
    pid: file,
    fingerprint: fingerprintOf(command),
  });
  await untilAnswers(component, context, running, answerMsMax);
  await component.settle(context);
  return 'started';
}

/** Stops one component politely, then by force; false when it was not running. */
export async function bringDown(component: Component, dir: string): Promise<boolean> {
  const file = layoutOf(dir).pid(component.name);
  const running = runningOf(dir, component);
  if (running !== null) {
    // A process stopped by SIGSTOP would not see the polite signal.
    signal(running, 'SIGCONT');
    signal(running, component.stopSignal);
    if (!(await gone(running, stopMsMax))) {
      signal(running, 'SIGKILL');
      await gone(running, stopMsMax);
    }
  }
  forget(file);
  return running !== null;
}
