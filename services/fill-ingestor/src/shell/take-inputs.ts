/**
 * Takes what a reader has read: inputs into the inbox, routes of orders, market data. Within the
 * reader's transaction, so that it happens exactly once with the reader's position.
 */

import { TOPICS } from '@polytraders/contracts';
import { columnLiteral } from '@polytraders/runtime';
import type pg from 'pg';
import { type TimeMicros } from '../draft.ts';
import { appendInputs, type NewInput } from './inbox.ts';
import { type BusInput, notAhead, partitionOfAccount, statusInput } from './inputs.ts';
import { noteDefinitions, noteMarks } from './market-data.ts';

/** Applies inputs in their order. Answers the inbox ends that they moved, by log partition. */
export async function takeInputs(
  client: pg.ClientBase,
  given: readonly BusInput[],
  receivedAt: TimeMicros,
  mayRepeat = false,
): Promise<ReadonlyMap<number, number>> {
  const inputs = given.map((one) => notAhead(one, receivedAt));
  const marks = inputs.flatMap((one) => (one.becomes === 'mark' ? [one.mark] : []));
  await noteMarks(client, marks, receivedAt);
  const statuses = await takeDefinitions(client, inputs, receivedAt);
  await noteRoutes(client, inputs);
  const accounts = await accountsOf(client, inputs);
  const read = inputs.flatMap((one): readonly NewInput[] => {
    if (one.becomes === 'input') return [one.input];
    if (one.becomes !== 'unrouted') return [];
    // An order that nobody opened routes by itself; the writer there says that it is unknown.
    const partition = partitionOfAccount(accounts.get(one.orderId) ?? one.orderId);
    return [{ ...one.input, partition }];
  });
  const rows = [...read, ...statuses];
  if (rows.length === 0) return new Map();
  return appendInputs(client, rows, receivedAt, mayRepeat || rows.some(isOfCompacted));
}

/** Definitions are noted; a status that one of them has changed is everybody's to know. */
async function takeDefinitions(
  client: pg.ClientBase,
  inputs: readonly BusInput[],
  receivedAt: TimeMicros,
): Promise<readonly NewInput[]> {
  const given = inputs.flatMap((one) => (one.becomes === 'definition' ? [one] : []));
  const places = new Map(given.map((one) => [one.definition.condition_id, one.place]));
  const changed = await noteDefinitions(
    client,
    given.map((one) => one.definition),
  );
  return changed.flatMap((change) => {
    const place = places.get(change.conditionId);
    return place === undefined ? [] : [statusInput(change, place, receivedAt)];
  });
}

const COMPACTED: ReadonlySet<string> = new Set(
  Object.values(TOPICS).flatMap((topic) => (topic.cleanup === 'compact' ? [topic.name] : [])),
);

/** A compacted topic that was made anew is read from its beginning: what it holds comes again. */
function isOfCompacted({ sourcePosition }: NewInput): boolean {
  return COMPACTED.has(sourcePosition.split('/', 1)[0] ?? '');
}

async function noteRoutes(client: pg.ClientBase, inputs: readonly BusInput[]): Promise<void> {
  const routes = new Map<string, string>();
  for (const one of inputs) {
    if (one.becomes === 'input' && one.route !== null)
      routes.set(one.route.orderId, one.route.account);
  }
  if (routes.size === 0) return;
  const orders = [...routes].sort(([a], [b]) => (a < b ? -1 : 1));
  await client.query(
    'INSERT INTO ingest.order_route (order_id, account) SELECT * FROM unnest($1::text[], ' +
      '$2::text[]) ON CONFLICT (order_id) DO UPDATE SET account = EXCLUDED.account',
    [
      columnLiteral(
        'text',
        orders.map(([order]) => order),
      ),
      columnLiteral(
        'text',
        orders.map(([, account]) => account),
      ),
    ],
  );
}

async function accountsOf(
  client: pg.ClientBase,
  inputs: readonly BusInput[],
): Promise<ReadonlyMap<string, string>> {
  const orders = inputs.flatMap((one) => (one.becomes === 'unrouted' ? [one.orderId] : []));
  if (orders.length === 0) return new Map();
  const answer = await client.query<{ order_id: string; account: string }>(
    // Whose an order is, the writer decides; until it has, it is whose it was said to be last.
    'SELECT r.order_id, coalesce(o.account, r.account) AS account FROM ingest.order_route AS r ' +
      'LEFT JOIN ingest.orders AS o USING (order_id) WHERE r.order_id = ANY($1::text[])',
    [columnLiteral('text', orders)],
  );
  return new Map(answer.rows.map((row) => [row.order_id, row.account]));
}
