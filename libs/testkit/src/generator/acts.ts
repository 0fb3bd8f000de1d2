/**
 * What a desk does on the chain besides trading, each act in two forms: how it changes the wallets,
 * and which logs the venue's contracts write of it. The two share no number but the amount given.
 */

import { type Burned, type ChainReceipt, receiptOf, type Scribe } from './receipts.ts';
import { type Market, type NegRiskEvent } from './universe.ts';
import { PUSD, type Wallets } from './wallets.ts';

export type Act =
  | {
      readonly kind: 'cash';
      readonly account: string;
      readonly from: string;
      readonly amount: bigint;
    }
  | {
      readonly kind: 'split' | 'merge';
      readonly account: string;
      readonly market: Market;
      readonly amount: bigint;
    }
  | {
      readonly kind: 'convert';
      readonly account: string;
      readonly event: NegRiskEvent;
      /** Questions whose NO is given, by number; two at least, so that cash comes of it. */
      readonly given: readonly number[];
      readonly amount: bigint;
      readonly feeBips: bigint;
    }
  | {
      readonly kind: 'resolve';
      readonly market: Market;
      readonly numerators: readonly [bigint, bigint];
    }
  | {
      /** All that the wallet holds of the condition. */
      readonly kind: 'redeem';
      readonly account: string;
      readonly market: Market;
      readonly numerators: readonly [bigint, bigint];
    };

/** An act at a block and second of the day; the seed makes its transaction hash. */
export type Step = {
  readonly seed: string;
  readonly block: number;
  readonly second: number;
  readonly act: Act;
};

const BPS = 10_000n;

/** Changes the wallets as the act does, and answers its receipt. */
export function happen(wallets: Wallets, { act, ...place }: Step): ChainReceipt {
  const burned = act.kind === 'redeem' ? burnedBy(wallets, act) : null;
  changeWallets(wallets, act, burned);
  return receiptOf(place, (scribe) => write(scribe, act, burned));
}

function burnedBy(wallets: Wallets, act: Extract<Act, { readonly kind: 'redeem' }>): Burned {
  const [yes, no] = act.market.tokens.map((token) => wallets.held(act.account, token));
  const quantities = [yes ?? 0n, no ?? 0n] as const;
  const [first, second] = act.numerators;
  const whole = first + second;
  // Each outcome is paid by itself, cut to the micro.
  const payout = (quantities[0] * first) / whole + (quantities[1] * second) / whole;
  return { quantities, payout };
}

function changeWallets(wallets: Wallets, act: Act, burned: Burned | null): void {
  switch (act.kind) {
    case 'cash':
      return wallets.move(act.account, PUSD, act.amount);
    case 'split':
    case 'merge': {
      const sign = act.kind === 'split' ? 1n : -1n;
      wallets.move(act.account, PUSD, -sign * act.amount);
      for (const token of act.market.tokens) wallets.move(act.account, token, sign * act.amount);
      return;
    }
    case 'convert': {
      const left = act.amount - feeOf(act);
      wallets.move(act.account, PUSD, BigInt(act.given.length - 1) * left);
      act.event.questions.forEach((question, at) => {
        if (act.given.includes(at)) wallets.move(act.account, question.no_token_id, -act.amount);
        else wallets.move(act.account, question.yes_token_id, left);
      });
      return;
    }
    case 'resolve':
      return;
    case 'redeem':
      if (burned === null) return;
      wallets.move(act.account, PUSD, burned.payout);
      act.market.tokens.forEach((token, at) =>
        wallets.move(act.account, token, -(burned.quantities[at] ?? 0n)),
      );
  }
}

function feeOf({ amount, feeBips }: Extract<Act, { readonly kind: 'convert' }>): bigint {
  return (amount * feeBips) / BPS;
}

function write(scribe: Scribe, act: Act, burned: Burned | null): void {
  switch (act.kind) {
    case 'cash':
      return scribe.cash(act.from, act.account, act.amount);
    case 'split': {
      const way = act.market.event === null ? scribe.split : scribe.negRiskSplit;
      return way(act.account, act.market.conditionId, act.market.tokens, act.amount);
    }
    case 'merge':
      return scribe.merge(act.account, act.market.conditionId, act.market.tokens, act.amount);
    case 'convert':
      return scribe.convert(act.account, {
        marketId: act.event.negRiskMarketId,
        questions: act.event.questions.map((question) => ({
          conditionId: question.condition_id,
          pair: [question.yes_token_id, question.no_token_id],
        })),
        given: act.given,
        amount: act.amount,
        fee: feeOf(act),
      });
    case 'resolve': {
      const { conditionId, questionId, event } = act.market;
      if (event === null) return scribe.resolve(conditionId, questionId, act.numerators);
      return scribe.negRiskResolve(conditionId, questionId, act.numerators[0] > 0n);
    }
    case 'redeem': {
      if (burned === null) return;
      const way = act.market.event === null ? scribe.redeem : scribe.negRiskRedeem;
      way(act.account, act.market.conditionId, act.market.tokens, burned);
    }
  }
}
