/** Inbox rows for tests: execution reports in their JSON names, at places that count up. */

import { type MarketDefinition } from '@polytraders/contracts';
import { type Entity, factsKey, markKey, type MarketFacts, tokenKey } from '../src/writer/state.ts';
import { type Accounts } from '../src/accounts.ts';
import { eventOfRow, type InboxEvent } from '../src/inbox-event.ts';
import { createWriter, INBOX } from '../src/processor.ts';
import { type Draft, type FillDraft } from '../src/draft.ts';
import { type ImportTerms, type RawInput } from '../src/raw.ts';
import { type Driver, createDriver, type Recorded } from '@polytraders/stream';
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
export function testWriter(accounts: Accounts = new Map()): TestWriter {
  const writer = createWriter(accounts);
  const facts = new Map<string, MarketFacts>();
  const driver = createDriver<InboxEvent, Entity, Entry>({
    ...writer,
    step: (lookup, input) => {
      const all = { get: (key: string) => facts.get(key) ?? lookup.get(key) };
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
    const source = raw.format !== 'execution' || raw.terms !== null ? 'file' : 'bus';
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
  function say(known: MarketFacts): void {
    const { definition } = known;
    for (const { tokenId } of known.marks) {
      const marks = known.marks.filter((mark) => mark.tokenId === tokenId);
      facts.set(markKey(tokenId), { ...known, definition: null, definitionHash: null, marks });
    }
    if (definition === null) return;
    facts.set(factsKey(definition.condition_id), known);
    for (const token of definition.tokens) facts.set(tokenKey(token.token_id), known);
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
