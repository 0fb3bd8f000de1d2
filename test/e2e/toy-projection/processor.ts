/**
 * Traded volume per token: the smallest projection there is, and the proof that a new one needs
 * no change in libs/runtime. One entity per (account, token), one ledger line per fill, nothing
 * published.
 */

import { codec, type LedgerEvent } from '@polytraders/contracts';
import { table, type Processor } from '@polytraders/stream';

export type Volume = {
  readonly account: string;
  readonly token_id: string;
  readonly fills: number;
  readonly volume_pusd: bigint;
};
export type VolumeEntry = {
  readonly fill_id: string;
  readonly token_id: string;
  readonly size_pusd: bigint;
};

const tables = {
  ledger: table<VolumeEntry>('volume_ledger', {
    fill_id: 'text',
    token_id: 'text',
    size_pusd: 'micros',
  }),
  volume: table<Volume>(
    'account_volume',
    { account: 'text', token_id: 'text', fills: 'int', volume_pusd: 'micros' },
    ['account', 'token_id'],
  ),
};

export const tradedVolume: Processor<LedgerEvent, Volume, VolumeEntry> = {
  id: 'traded-volume',
  version: 1,
  consumes: ['polytraders.ledger.events'],
  produces: [],
  emits: [],
  healthSlugs: [],
  causes: ['NOT_A_FILL'],
  codec,
  meters: [],
  keys: (event) => (event.type === 'FillConfirmed' ? [keyOf(event.value)] : []),
  identify: (event) =>
    event.type === 'FillConfirmed'
      ? { id: event.value.fill_id, content: `${event.value.token_id}|${event.value.size_pusd}` }
      : null,
  step: (state, { event }) => {
    if (event.type !== 'FillConfirmed') return { outcome: 'ignored', because: 'NOT_A_FILL' };
    const { fill_id, account, token_id, size_pusd } = event.value;
    const key = keyOf(event.value);
    const before = state.get(key) ?? { fills: 0, volume_pusd: 0n };
    const after = {
      account,
      token_id,
      fills: before.fills + 1,
      volume_pusd: before.volume_pusd + size_pusd,
    };
    const entry = { fill_id, token_id, size_pusd };
    return { outcome: 'applied', puts: [{ key, entity: after }], entries: [entry] };
  },
  emit: () => [],
  storage: {
    schema: (version) => `volume_v${version}`,
    migrations: `${import.meta.dirname}/sql`,
    ledger: tables.ledger,
    state: [tables.volume],
    changes: (_, __, after) =>
      after === undefined ? [] : [{ upsert: 'account_volume', row: after }],
    locate: (key) => {
      const [account = '', token_id = ''] = key.split('|');
      return [{ table: 'account_volume', where: { account, token_id } }];
    },
    revive: (_, rows) => rows['account_volume']?.[0] as Volume | undefined,
  },
};

function keyOf(fill: { readonly account: string; readonly token_id: string }): string {
  return `${fill.account}|${fill.token_id}`;
}
