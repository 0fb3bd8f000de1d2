/**
 * Servers that a suite may kill, because no other suite uses them. Called before anything else
 * asks for the test stack: from then on the whole test kit of this process works on these.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { type ComponentName } from '@polytraders/infra/stack';
import { ownStack, type OwnStack } from '@polytraders/testkit';
import { type Blow } from './campaign.ts';

export type OwnServers = OwnStack & { readonly close: () => Promise<void> };

/** Starts the stack of `.local/<name>`. `close` stops it: two cores have better to do. */
export async function useOwnServers(name: string): Promise<OwnServers> {
  const stack = await ownStack(name);
  const before = process.env['POLYTRADERS_TEST_STACK'];
  process.env['POLYTRADERS_TEST_STACK'] = JSON.stringify(stack.env);
  return {
    ...stack,
    close: async () => {
      if (before !== undefined) process.env['POLYTRADERS_TEST_STACK'] = before;
      await stack.stop();
    },
  };
}

/** kill -9 of a server, which is away for a moment and then comes back on its data. */
export function outageOf(stack: OwnStack, name: ComponentName, awayMs: number): Blow {
  const server = stack.component(name);
  return {
    name,
    strike: () =>
      inTurn(stack, async () => {
        await server.kill('SIGKILL');
        await sleep(awayMs);
        await server.start();
      }),
  };
}

/** A server that hangs with its connections open, then goes on as if nothing had been. */
export function hangOf(stack: OwnStack, name: ComponentName, hangMs: number): Blow {
  const server = stack.component(name);
  return {
    name,
    strike: () =>
      inTurn(stack, async () => {
        await server.kill('SIGSTOP');
        await sleep(hangMs);
        await server.kill('SIGCONT');
      }),
  };
}

const turns = new WeakMap<OwnStack, Promise<void>>();

/** One blow at a time: a server killed while it is being started would look like a bad start. */
function inTurn(stack: OwnStack, strike: () => Promise<void>): Promise<void> {
  const turn = (turns.get(stack) ?? Promise.resolve()).then(strike);
  turns.set(
    stack,
    turn.catch(() => undefined),
  );
  return turn;
}
