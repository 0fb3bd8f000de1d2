/** Inbox rows for tests: execution reports in their JSON names, at places that count up. */

import { type MarketDefinition } from '@polytraders/contracts';
import {
  type Entity,
  eventKey,
  factsKey,
  markKey,
  type MarketFacts,
  tokenKey,
} from '../src/writer/state.ts';
import { type Accounts } from '../src/accounts.ts';
import { eventOfRow, type InboxEvent, type InputSource } from '../src/inbox-event.ts';
import { createWriter, INBOX } from '../src/processor.ts';
import { type Draft, type FillDraft } from '../src/draft.ts';
import { type ImportTerms, type JsonRecord, type MovementType, type RawInput } from '../src/raw.ts';
import { type Driver, createDriver, type Lookup, type Recorded } from '@polytraders/stream';
import { type WriterRules } from '../src/writer/commands.ts';
import { type Entry } from '../src/writer/entry.ts';

export const ALICE = `0x${'a1'.repeat(20)}`;
export const BOB = `0x${'b0'.repeat(20)}`;
/** The condition of the first mint under CTFExchangeV2, and its YES token against USDC.e. */
export const CONDITION = '0x182390641d3b1b47cc64274b9da290efd04221c586651ba190880713da6347d9';
export const YES = '102936224134271070189104847090829839924697394514566827387181305960175107677216';
export const NO = '45763018441764333771124945243746174684578244015331389396782339063349542289693';

/** The market of that condition, as definitions come: open, no event of several questions. */
export const DEFINITION: MarketDefinition = {
  condition_id: CONDITION,
  tokens: [
    { token_id: YES, outcome: 'Yes' },
    { token_id: NO, outcome: 'No' },
  ],
  neg_risk_market_id: null,
  questions: [],
  maker_rebate_rate: null,
  fee_schedule: null,
  status: 'OPEN',
  end_date: null,
};

export const NOON = 1_778_241_600_000_000;

/** A fill of Alice's bot alpha, 100 shares at 0.50, confirmed with an absolute fee. */
export const MATCH = {
  kind: 'MATCH',
  fill_id: 'F1',
  order_id: 'O1',
  account: ALICE,
  trading_bot_id: 'alpha',
  condition_id: CONDITION,
  token_id: YES,
  order_side: 'BUY',
  status: 'CONFIRMED',
  side: 'taker',
  effective_at: '2026-05-08T12:00:00Z',
  quantity_shares: '100',
  size_pusd: '50',
  price: '0.5',
  fee_pusd: '0.25',
  negRisk: 'false',
} as const;

export const ORDER = {
  kind: 'ORDER',
  order_id: 'O1',
  account: ALICE,
  trading_bot_id: 'alpha',
  condition_id: CONDITION,
  token_id: YES,
  order_side: 'BUY',
  status: 'OPEN',
  effective_at: '2026-05-08T11:59:00Z',
  price: '0.5',
  quantity_shares: '100',
  max_fee_pusd: '1',
} as const;

/** The specification's own example of a wire input, bare of account, token and BUY/SELL. */
export const BARE = {
  fill_id: 'fill_00a1b2c3d4e5f6a7',
  order_id: 'ord_00123',
  market_id: '0x9b0c1d2e3f4a5b6c7d8e9f0a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6e7f8a9b0c',
  condition_id: '0x3e4f5a6b7c8d9e0f1a2b3c4d5e6f7a8b9c0d1e2f3a4b5c6d7e8f9a0b1c2d3e4f',
  side: 'maker',
  size_usd: '500',
  price: '0.58',
  fee_bps: '25',
  negRisk: 'false',
  timestamp: '1746792060000',
} as const;

/** An import whose operator named nothing. */
export const TERMS: ImportTerms = {
  fileSha256: 'f'.repeat(64),
  row: 1,
  account: null,
  bot: null,
  zeroFeeDeclaredBy: null,
  identity: null,
};
export type Fields = Readonly<Record<string, string>>;

/** The fields but one: what a report looks like that does not say it. */
export function without(fields: Fields, name: string): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([other]) => other !== name));
}

export type Written = ReturnType<Driver<InboxEvent, Entity, Entry>['drive']>;

export type TestWriter = {
  /** Drives reports of the bus, each a row of its own. */
  readonly reports: (...reports: readonly Fields[]) => Written;
  readonly inputs: (...inputs: readonly RawInput[]) => Written;
  /** The same writer on another partition of the log. */
  readonly on: (partition: number) => TestWriter;
  /** What market data says from now on. */
  readonly say: (facts: MarketFacts) => void;
};

/** A writer of partition 3 with a memory, and market data that a test sets. */
export function testWriter(accounts: Accounts = new Map(), rules?: WriterRules): TestWriter {
  const writer = createWriter(accounts, rules);
  const facts = new Map<string, MarketFacts>();
  const known = (lookup: Lookup<Entity>): Lookup<Entity> => ({
    get: (key) => facts.get(key) ?? lookup.get(key),
  });
  const driver = createDriver<InboxEvent, Entity, Entry>({
    ...writer,
    keysThen: (event, lookup, at) => writer.keysThen?.(event, known(lookup), at) ?? [],
    step: (lookup, input) => {
      const all = known(lookup);
      const { event, partition } = input;
      const then = writer.keysThen?.(event, all, partition) ?? [];
      const keys = [...writer.keys(event, partition), ...then];
      const asked = new Set(keys);
      const get = (key: string): Entity | undefined => {
        if (asked.has(key)) return all.get(key);
        // A session that loads from Postgres has nothing else: it would judge otherwise.
        throw new Error(`Expected step to look up what was asked for only; found ${key}.`);
      };
      return writer.step({ get }, input);
    },
  });
  let seq = 0;
  function recorded(raw: RawInput, partition: number): Recorded<InboxEvent> {
    seq += 1;
    const source = sourceOf(raw);
    const payload = JSON.stringify(raw);
    const event = eventOfRow({
      partition,
      seq,
      source,
      sourcePosition: `test/${String(seq)}`,
      receivedAt: NOON + seq,
      rawFormat: 'json',
      bytes: Buffer.from(payload),
      payload,
    });
    return { event, topic: INBOX, partition, offset: seq };
  }
  function say(told: MarketFacts): void {
    const { definition } = told;
    for (const { tokenId } of told.marks) {
      const marks = told.marks.filter((mark) => mark.tokenId === tokenId);
      facts.set(markKey(tokenId), { ...told, definition: null, definitionHash: null, marks });
    }
    if (definition === null) return;
    facts.set(factsKey(definition.condition_id), told);
    for (const token of definition.tokens) facts.set(tokenKey(token.token_id), told);
    const { neg_risk_market_id: event } = definition;
    if (event !== null) facts.set(eventKey(event), { ...told, marks: [] });
  }
  function on(partition: number): TestWriter {
    const inputs = (...raws: readonly RawInput[]): Written =>
      driver.drive(raws.map((raw) => recorded(raw, partition)));
    const reports = (...given: readonly Fields[]): Written =>
      inputs(...given.map((fields): RawInput => ({ format: 'execution', fields, terms: null })));
    return { inputs, reports, on, say };
  }
  return on(3);
}

function sourceOf(raw: RawInput): InputSource {
  switch (raw.format) {
    case 'execution':
      return raw.terms === null ? 'bus' : 'file';
    case 'movement':
      return raw.source;
    case 'command':
      return 'commands';
    case 'record':
      return raw.type === 'MarketResolved' ? 'chain' : 'clock';
    default:
      return 'file';
  }
}

export const TX = `0x${'11'.repeat(32)}`;

/** A movement of Alice in transaction TX, as its source tells it. */
export function movement(
  type: MovementType,
  value: JsonRecord,
  source: 'chain' | 'file' = 'chain',
): RawInput {
  const block = source === 'chain' ? { block_number: 7, log_index: 3 } : {};
  return {
    format: 'movement',
    type,
    source,
    value: { account: ALICE, tx_hash: TX, ...block, ...value },
    effectiveAt: NOON,
    terms: null,
  };
}

/** A command for Alice, asked by the desk. */
export function command(
  name: string,
  given: Readonly<Record<string, unknown>> | string,
  more: Fields = {},
): RawInput {
  const fields = {
    command_id: `cmd-${name}`,
    command: name,
    account: ALICE,
    arguments: typeof given === 'string' ? given : JSON.stringify(given),
    proposed_by: 'desk',
    reason: 'as agreed',
    effective_at: '2026-05-08T12:00:00Z',
    correlation_id: 'talk-1',
    ...more,
  };
  return { format: 'command', fields };
}

/** A resolution of a condition, as the chain reader puts it on all partitions. */
export function resolution(
  numerators: readonly string[],
  marketSeq = 1,
  conditionId: string = CONDITION,
): RawInput {
  return {
    format: 'record',
    type: 'MarketResolved',
    value: {
      condition_id: conditionId,
      payout_numerators: numerators,
      block_time: '2026-05-08T13:00:00Z',
      tx_hash: `0x${'77'.repeat(32)}`,
      block_number: 9,
      log_index: 1,
    },
    effectiveAt: NOON + 3_600_000_000,
    correlationId: conditionId,
    marketSeq,
  };
}

/** Record types of what was emitted, in order. */
export function typesOf(written: Written): readonly string[] {
  return written.emitted.map((emission) => emission.record.type);
}

/** Values of the emitted records of one type. */
export function valuesOf(
  written: Written,
  type: string,
): readonly Readonly<Record<string, unknown>>[] {
  return written.emitted
    .filter((emission) => emission.record.type === type)
    .map((emission) => emission.record.value as Readonly<Record<string, unknown>>);
}

/** Outcome and cause of each input. */
export function outcomesOf(written: Written): readonly string[] {
  return written.outcomes.map(({ outcome, because }) =>
    because === '' ? outcome : `${outcome}: ${because}`,
  );
}

/** The fill that was read. */
export function fillOf(draft: Draft): FillDraft {
  if (draft.kind !== 'fill') throw new Error(`Expected a fill; found ${JSON.stringify(draft)}.`);
  return draft;
}

/** Reason and sentence of a refusal. */
export function refusalOf(draft: Draft): string {
  return draft.kind === 'refusal' ? `${draft.reason}: ${draft.because}` : draft.kind;
}
