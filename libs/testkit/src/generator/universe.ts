/**
 * Who trades what on the generated day: a desk with a few wallets, several bots with habits of
 * their own, standard markets and negative-risk events. Ids are chain-true (token-ids.ts) and
 * derive from the seed, so two seeds never share an account, a market or a fill.
 */

import { type Random, randomOf } from './random.ts';
import { negRiskConditionId, standardConditionId, tokenIdsOf } from './token-ids.ts';

export type Market = {
  readonly conditionId: string;
  /** YES and NO, in the order of the chain's payout numerators. */
  readonly tokens: readonly [string, string];
  readonly question: string;
  /** bytes32 from which its oracle made the condition. */
  readonly questionId: string;
  /** The event that this question belongs to, or null for a standard market. */
  readonly event: NegRiskEvent | null;
  /** The platform's taker fee rate in 1/10 000 of quantity × p × (1 − p). */
  readonly feeRateE4: number;
  /**
   * Share of the gross fee that a maker gets back, in 1/100; null = the definition does not say.
   */
  readonly rebatePercent: number | null;
  /** Where the YES price starts, in mills (1/1000 pUSD). */
  readonly startMills: number;
};

export type NegRiskEvent = {
  readonly negRiskMarketId: string;
  readonly questions: readonly Question[];
};

/** A question of an event, as market definitions name it. */
export type Question = {
  readonly question_index: number;
  readonly condition_id: string;
  readonly yes_token_id: string;
  readonly no_token_id: string;
};

export type Bot = {
  readonly id: string;
  readonly accounts: readonly string[];
  /** How often, of 100 orders, the bot waits in the book instead of crossing it. */
  readonly makerPercent: number;
  /**
   * Fees as an absolute amount, as the venue charges them, or as basis points of the match event.
   */
  readonly feeStyle: 'absolute' | 'bps';
  readonly builderCode: string | null;
  readonly builderFeeBps: number;
  readonly strategy: string;
  readonly userId: string | null;
  /** Puts the mark that it saw on its matches. */
  readonly sendsMarks: boolean;
  readonly paper: boolean;
  readonly markets: readonly Market[];
};

export type Universe = {
  readonly accounts: readonly string[];
  readonly paperAccount: string;
  readonly bots: readonly Bot[];
  readonly markets: readonly Market[];
};

type Topic = {
  readonly name: string;
  readonly questions: readonly string[];
  readonly feeRateE4: number;
};

const STANDARD: readonly Topic[] = [
  {
    name: 'crypto',
    feeRateE4: 700,
    questions: ['Bitcoin above 120k today?', 'Ether above 5k today?'],
  },
  { name: 'sports', feeRateE4: 500, questions: ['Home side wins the final?', 'Over 2.5 goals?'] },
  { name: 'politics', feeRateE4: 400, questions: ['Bill passes this week?', 'Minister resigns?'] },
  { name: 'geopolitics', feeRateE4: 0, questions: ['Ceasefire holds to Sunday?'] },
];

const EVENTS: readonly Topic[] = [
  {
    name: 'politics',
    feeRateE4: 400,
    questions: ['Party A', 'Party B', 'Party C', 'Party D', 'Other'],
  },
  { name: 'culture', feeRateE4: 500, questions: ['Film one', 'Film two', 'Film three'] },
  { name: 'economics', feeRateE4: 500, questions: ['Cut 50', 'Cut 25', 'No change', 'Rise'] },
];

/** The desk of a seed. */
export function universeOf(seed: string): Universe {
  const random = randomOf(`${seed}|universe`);
  const markets = [...standardMarkets(random), ...negRiskMarkets(random)];
  const accounts = Array.from({ length: 4 }, () => random.hex(20));
  const paperAccount = random.hex(20);
  return { accounts, paperAccount, markets, bots: botsOf(random, accounts, paperAccount, markets) };
}

function standardMarkets(random: Random): Market[] {
  return STANDARD.flatMap((topic) =>
    topic.questions.map((question) => {
      const questionId = random.hex(32);
      const conditionId = standardConditionId(questionId);
      return {
        conditionId,
        questionId,
        tokens: tokenIdsOf(conditionId, false),
        question,
        event: null,
        feeRateE4: topic.feeRateE4,
        // The free category has no rebate to share out, and its definition does not name a rate.
        rebatePercent: topic.feeRateE4 === 0 ? null : topic.name === 'crypto' ? 20 : 25,
        startMills: random.between(25, 75) * 10,
      };
    }),
  );
}

function negRiskMarkets(random: Random): Market[] {
  return EVENTS.flatMap((topic) => {
    const negRiskMarketId = `${random.hex(31)}00`;
    const questions = topic.questions.map((_, index) => questionOf(negRiskMarketId, index));
    const event = { negRiskMarketId, questions };
    return questions.map((asked, index) => ({
      conditionId: asked.condition_id,
      questionId: `${negRiskMarketId.slice(0, -2)}${index.toString(16).padStart(2, '0')}`,
      tokens: [asked.yes_token_id, asked.no_token_id] as const,
      question: topic.questions[index] ?? '',
      event,
      feeRateE4: topic.feeRateE4,
      rebatePercent: 25,
      startMills: Math.floor(1000 / topic.questions.length / 10) * 10,
    }));
  });
}

function questionOf(negRiskMarketId: string, index: number): Question {
  const conditionId = negRiskConditionId(negRiskMarketId, index);
  const [yes, no] = tokenIdsOf(conditionId, true);
  return { question_index: index, condition_id: conditionId, yes_token_id: yes, no_token_id: no };
}

type Habits = Omit<Bot, 'accounts' | 'markets' | 'builderCode'> & {
  /** Which of the desk's wallets, by number. */
  readonly wallets: readonly number[];
  readonly trades: 'standard' | 'neg-risk' | 'everything';
};

const PLAIN = { builderFeeBps: 0, userId: null, sendsMarks: true, paper: false } as const;

const HABITS: readonly Habits[] = [
  {
    ...PLAIN,
    id: 'mm.quoter',
    wallets: [0, 1],
    makerPercent: 95,
    feeStyle: 'bps',
    strategy: 'two-sided-quotes',
    trades: 'standard',
  },
  {
    ...PLAIN,
    id: 'mm.events',
    wallets: [2],
    makerPercent: 85,
    feeStyle: 'absolute',
    strategy: 'event-quotes',
    trades: 'neg-risk',
  },
  {
    ...PLAIN,
    id: 'taker.news',
    wallets: [0],
    makerPercent: 5,
    feeStyle: 'absolute',
    strategy: 'headline-momentum',
    trades: 'standard',
    sendsMarks: false,
  },
  {
    ...PLAIN,
    id: 'arb.negrisk',
    wallets: [2, 3],
    makerPercent: 30,
    feeStyle: 'absolute',
    strategy: 'sum-to-one',
    trades: 'neg-risk',
  },
  {
    ...PLAIN,
    id: 'flow.builder',
    wallets: [1],
    makerPercent: 40,
    feeStyle: 'absolute',
    strategy: 'client-flow',
    trades: 'everything',
    userId: 'user-7',
    builderFeeBps: 40,
  },
  {
    ...PLAIN,
    id: 'taker.scalper',
    wallets: [3],
    makerPercent: 15,
    feeStyle: 'bps',
    strategy: 'tick-scalper',
    trades: 'standard',
  },
  {
    ...PLAIN,
    id: 'lab.paper',
    wallets: [],
    makerPercent: 50,
    feeStyle: 'absolute',
    strategy: 'trial-run',
    trades: 'everything',
    paper: true,
  },
];

function botsOf(
  random: Random,
  accounts: readonly string[],
  paperAccount: string,
  markets: readonly Market[],
): Bot[] {
  const builderCode = random.hex(32);
  return HABITS.map(({ wallets, trades, ...habits }) => ({
    ...habits,
    accounts: habits.paper ? [paperAccount] : wallets.map((wallet) => accounts[wallet] ?? ''),
    builderCode: habits.builderFeeBps > 0 ? builderCode : null,
    markets:
      trades === 'everything'
        ? markets
        : markets.filter((market) => (market.event === null) === (trades === 'standard')),
  }));
}
