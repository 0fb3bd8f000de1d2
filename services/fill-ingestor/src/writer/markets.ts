/**
 * Markets on the log: `MarketDefined` before a condition's first use in a partition, and again when
 * its definition changes. A market that only a file knows is made from the file's own columns and
 * says so; it gives way to a real definition as soon as there is one.
 */

import { type Records } from '@polytraders/contracts';
import { type Lookup, type Put } from '@polytraders/stream';
import { type SynthesisedMarket } from '../draft.ts';
import { sha256 } from '../identity.ts';
import { type InboxEvent } from '../inbox-event.ts';
import { type Entry, ledgerEntry } from './entry.ts';
import { envelopeOf } from './envelope.ts';
import {
  type Entity,
  marketKey,
  type MarketFacts,
  type MarketState,
  placeOf,
  tokenPlace,
} from './state.ts';

export type MarketUse = {
  readonly puts: readonly Put<Entity>[];
  readonly entries: readonly Entry[];
};

const NOTHING: MarketUse = { puts: [], entries: [] };

type Tokens = SynthesisedMarket['tokens'];

/** What the first use, or a change, of a draft's market writes to this partition. */
export function useMarket(
  event: InboxEvent,
  lookup: Lookup<Entity>,
  draft: {
    readonly conditionId: string | null;
    readonly tokenId: string | null;
    readonly synthesised?: SynthesisedMarket | null;
  },
  facts: MarketFacts | null,
  account: string,
): MarketUse {
  const place = placeOf(draft);
  const known = place === null ? undefined : lookup.get(marketKey(event.partition, place));
  const state = known?.kind === 'market' ? known : null;
  const definition = facts?.definition ?? null;
  if (definition !== null) {
    const hash = facts?.definitionHash ?? '';
    if (state?.definitionHash === hash) return NOTHING;
    return written(
      event,
      account,
      { conditionId: definition.condition_id, hash, synthesised: false, before: state },
      definition.tokens.map((token) => ({ tokenId: token.token_id, outcome: token.outcome })),
      {
        venue_market_id: null,
        tokens: definition.tokens,
        neg_risk_market_id: definition.neg_risk_market_id,
        questions: definition.questions,
        maker_rebate_rate: definition.maker_rebate_rate,
        fee_schedule: definition.fee_schedule,
        status: definition.status,
        end_date: definition.end_date,
      },
    );
  }
  const market = draft.synthesised ?? null;
  if (market === null) return state === null && place !== null ? used(event, place) : NOTHING;
  if (state !== null && !state.synthesised && state.definitionHash !== '') return NOTHING;
  const tokens = union(state === null ? [] : (JSON.parse(state.tokens) as Tokens), market.tokens);
  const hash = sha256(JSON.stringify([market.conditionId, tokens]));
  if (state?.definitionHash === hash) return NOTHING;
  const names = { conditionId: market.conditionId, hash, synthesised: true, before: state };
  return written(event, account, names, tokens, {
    venue_market_id: null,
    tokens: tokens.map((token) => ({ token_id: token.tokenId, outcome: token.outcome })),
    neg_risk_market_id: null,
    questions: [],
    maker_rebate_rate: null,
    fee_schedule: null,
    status: 'OPEN',
    end_date: null,
  });
}

type Definition = Omit<
  Records['MarketDefined'],
  | 'condition_id'
  | 'synthesised'
  | 'source'
  | 'source_position'
  | keyof ReturnType<typeof envelopeOf>
>;

/** A market of which nothing is known yet: that it was used is remembered, nothing is written. */
function used({ partition }: InboxEvent, place: string): MarketUse {
  const state = { partition, place, definitionHash: '', synthesised: false, tokens: '[]' };
  const entity: MarketState = { kind: 'market', ...state, resolution: null };
  return { puts: [{ key: marketKey(partition, place), entity }], entries: [] };
}

type Written = {
  readonly conditionId: string;
  readonly hash: string;
  readonly synthesised: boolean;
  readonly before: MarketState | null;
};

function written(
  event: InboxEvent,
  account: string,
  { conditionId, hash, synthesised, before }: Written,
  tokens: Tokens,
  definition: Definition,
): MarketUse {
  const { partition, source, sourcePosition } = event;
  const state = (place: string): MarketState => ({
    kind: 'market',
    partition,
    place,
    definitionHash: hash,
    synthesised,
    tokens: JSON.stringify(tokens),
    resolution: before?.resolution ?? null,
  });
  const places = [conditionId, ...tokens.map((token) => tokenPlace(token.tokenId))];
  // A market may change back: what it says alone would give the third record the id of the first.
  const entry = ledgerEntry(
    'MarketDefined',
    {
      ...envelopeOf(event, {
        identity: ['MarketDefined', String(partition), conditionId, hash, source, sourcePosition],
        correlationId: conditionId,
        effectiveAt: null,
      }),
      condition_id: conditionId,
      ...definition,
      synthesised,
      source,
      source_position: sourcePosition,
    },
    { key: account, fillId: null, sourcePosition, reasonCode: null },
  );
  return {
    puts: places.map((place) => ({ key: marketKey(partition, place), entity: state(place) })),
    entries: [entry],
  };
}

function union(known: Tokens, more: Tokens): Tokens {
  const fresh = more.filter((token) => !known.some((one) => one.tokenId === token.tokenId));
  return [...known, ...fresh].sort((a, b) => (a.tokenId < b.tokenId ? -1 : 1));
}
