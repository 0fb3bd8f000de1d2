/**
 * The words of ```numbers lines on negative risk and on settlement plans, put to the functions that
 * the planner uses. A holding is `YES/NO`; of an event one for each question, by index.
 */

import {
  type Action,
  canonicalForm,
  conversionsOf,
  convert,
  type EventHolding,
  nextActions,
  type OpenJob,
  payoffs,
  type Plan,
  type PlanQuestion,
  type PlanUnit,
  questionsOf,
  targetOf,
  valueAtMarks,
} from '@polytraders/domain';
import { formatMicros, formatPrice, priceE18, priceOfRational } from '@polytraders/money';
import { exactRational, exactShares } from './exact.ts';

const CONTRACT = '0xadapter';
const MARKET = '0xevent';

/** `100, 130, 160`: what the holding is worth, by the question that wins. */
export function payoffsOf(held: string): string {
  return payoffs(holdingOf(held)).map(formatMicros).join(', ');
}

/** `90 and 10 40 70`: the canonical form. */
export function canonicalOf(held: string): string {
  const { cash, yes } = canonicalForm(holdingOf(held));
  return `${formatMicros(cash)} and ${yes.map(formatMicros).join(' ')}`;
}

/** The value at YES marks; their sum beside it where it is not 1. */
export function valueOf(held: string, marks: string): string {
  const prices = marks.split(' ').map((mark) => priceOfRational(exactRational(mark)));
  const marked = valueAtMarks(holdingOf(held), prices);
  if (marked === null) return 'unknown';
  const sum = formatPrice(priceE18(marked.rawSum));
  return formatMicros(marked.value) + (sum === '1' ? '' : `, marks sum to ${sum}`);
}

/** `0 1 2 by 30, 0 1 by 30`: the conversions that extract the cash. */
export function layersOf(held: string): string {
  const layers = conversionsOf(holdingOf(held).map(({ no }) => no));
  const shown = layers.map((one) => `${one.questions.join(' ')} by ${formatMicros(one.amount)}`);
  return shown.length === 0 ? 'none' : shown.join(', ');
}

/** `98 pUSD and 98 YES 2; 2 pUSD and 2 YES 2 stay`. */
export function effectOf(questions: string, count: string, amount: string, bips: string): string {
  const given = questions.split(' ').map(Number);
  const conversion = { questions: given, amount: exactShares(amount) };
  const effect = convert(conversion, Number(count), Number(bips));
  const side = (cash: bigint, each: bigint): string =>
    [
      `${formatMicros(cash)} pUSD`,
      ...effect.yesQuestions.map((question) => `${formatMicros(each)} YES ${String(question)}`),
    ].join(' and ');
  const kept = effect.feeCash + effect.feeYesEach;
  const fee = kept === 0n ? '' : `; ${side(effect.feeCash, effect.feeYesEach)} stay`;
  return side(effect.cash, effect.yesEach) + fee;
}

/** What is planned of a plain market, resolved or not. */
export function plainPlans(held: string, numerators: string | undefined): string {
  const paid = numerators === undefined ? null : numerators.split(' ').map(BigInt);
  const questions = [questionOf(held, 0, paid, false)];
  return shown(nextActions({ contract: CONTRACT, negRisk: null, questions }, new Map()).actions);
}

/** What is planned of an event. */
export function eventPlans(held: string, bips: string | undefined): string {
  return shown(nextActions(eventOf(held, Number(bips ?? '0')), new Map()).actions);
}

/** What becomes of a queued merge when as many pairs are free. */
export function mergeAfter(was: string, is: string): string {
  const unit = (pairs: string): PlanUnit => ({
    contract: CONTRACT,
    negRisk: null,
    questions: [questionOf(`${pairs}/${pairs}`, 0, null, false)],
  });
  const [first] = nextActions(unit(was), new Map()).actions;
  if (first?.action !== 'queue') return 'never queued';
  const job: OpenJob = { jobId: 'j', state: 'queued', plan: first.plan };
  const slots = new Map([[targetOf(first.plan), { job, failures: null }]]);
  const [action] = nextActions(unit(is), slots).actions;
  if (action === undefined) return 'kept';
  return action.action === 'queue' ? `superseded by ${planText(action.plan)}` : 'superseded';
}

function holdingOf(held: string): EventHolding {
  return held.split(' ').map((one) => {
    const [yes = '', no = ''] = one.split('/');
    return { yes: exactShares(yes), no: exactShares(no) };
  });
}

function eventOf(held: string, feeBips: number): PlanUnit {
  const questions = held.split(' ').map((one, index) => questionOf(one, index, null, true));
  const negRisk = { marketId: MARKET, questionCount: questions.length, feeBips };
  return { contract: CONTRACT, negRisk, questions };
}

function questionOf(
  held: string,
  index: number,
  numerators: readonly bigint[] | null,
  isOfEvent: boolean,
): PlanQuestion {
  const [yes, no] = holdingOf(held).flatMap((one) => [one.yes, one.no]);
  if (yes === undefined || no === undefined) throw new Error(`Expected YES/NO; found ${held}.`);
  const token = (name: string, free: typeof yes): PlanQuestion['held'][0] => ({
    tokenId: `${name} ${String(index)}`,
    free,
    total: free,
    doubts: [],
  });
  return {
    conditionId: String(index),
    questionIndex: isOfEvent ? index : null,
    held: [token('YES', yes), token('NO', no)],
    numerators,
  };
}

function shown(actions: readonly Action[]): string {
  const plans = actions.flatMap((action) => (action.action === 'queue' ? [action.plan] : []));
  return plans.length === 0 ? 'nothing' : plans.map(planText).join(', ');
}

function planText(plan: Plan): string {
  const cash = formatMicros(plan.cash);
  const amounts = plan.legs.map(({ quantity }) => formatMicros(quantity)).join(' and ');
  if (plan.kind === 'MERGE') return `merge ${formatMicros(plan.amount)} for ${cash}`;
  if (plan.kind === 'REDEEM') return `redeem ${amounts} for ${cash}`;
  const fee = plan.fee === 0n ? '' : `, fee ${formatMicros(plan.fee)}`;
  const questions = questionsOf(plan.indexSet).join(' ');
  return `convert ${questions} by ${formatMicros(plan.amount)} for ${cash}${fee}`;
}
