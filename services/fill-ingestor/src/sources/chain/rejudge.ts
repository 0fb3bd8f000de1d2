/**
 * A transaction that was told before more was known of it: a contract is in the list now, or a
 * wallet is declared that acted in it. Pure. What was told stays on the log, so what is told now
 * may only add to it.
 *
 * Both readings come to the sum of the transfers (transaction.ts). Where all that was booked is
 * booked now, too, what is new is exactly what was set aside: it can be told. Where something that
 * was booked would not be booked now, nobody can take it back from here: that is named.
 */

import { inputsOfForeign, inputsOfTransaction, type WalletInput } from './transaction-inputs.ts';
import { addLegs, noLegs, sameLegs } from './movement-legs.ts';
import { type Movement } from './movement-values.ts';
import { type WalletTransaction } from './transaction.ts';

export type Rejudged = {
  /** What is told now and was not then. */
  readonly news: readonly WalletInput[];
  /** Places of what was booked, or kept as foreign, and would be neither now. */
  readonly lost: readonly string[];
  /** Places of what was set aside and is not any more. */
  readonly mended: readonly string[];
  /** The input that says so, where any of these was told. */
  readonly contradiction: WalletInput;
};

/**
 * What one wallet is told of a transaction now, given what it was told; null: nothing else. `kept`
 * are the places of transfers that were kept as foreign then, whatever has become of them.
 */
export function rejudge(
  account: string,
  before: WalletTransaction,
  now: WalletTransaction,
  kept: readonly string[],
): Rejudged | null {
  const of = (inputs: readonly WalletInput[]) => inputs.filter((one) => one.account === account);
  const [told, found] = [of(inputsOfTransaction(before)), of(inputsOfTransaction(now))];
  const all = [...found, ...of(inputsOfForeign(now))];
  const lost = told.filter((one) => !isAside(one) && !all.some((other) => isSame(one, other)));
  const explained = kept.filter((place) => !all.some(({ position }) => position === place));
  const news = found.filter((one) => !told.some((other) => isSame(one, other)));
  if (news.length + lost.length + explained.length === 0) return null;
  const isAsideNow = (place: string): boolean =>
    found.some((one) => isAside(one) && one.position === place);
  return {
    news,
    lost: [...lost.map(({ position }) => position), ...explained],
    mended: told
      .filter((one) => isAside(one) && !isAsideNow(one.position))
      .map(({ position }) => position),
    contradiction: contradictionOf(account, lost, now),
  };
}

/** Whether an input says that what was told would be told otherwise now. */
export function isContradiction({ position }: WalletInput): boolean {
  return position.endsWith('/contradicted');
}

/** Where that stands of a wallet in a transaction. */
export function placeOfContradiction(txHash: string, account: string): string {
  return `${txHash}/${account}/contradicted`;
}

function contradictionOf(
  account: string,
  lost: readonly WalletInput[],
  { place, logs }: WalletTransaction,
): WalletInput {
  const types = lost.map(({ raw }) => (raw.format === 'movement' ? raw.type : 'a fill'));
  const what = types.length === 0 ? ['TokensTransferred'] : types;
  const because =
    `Transaction ${place.txHash}: Expected what was told of it to be so still with the contracts ` +
    `and wallets that are known now; found ${[...new Set(what)].join(', ')} to be otherwise. ` +
    'What was booked stands, and nothing is booked beside it; an operator corrects it.';
  return {
    account,
    position: placeOfContradiction(place.txHash, account),
    raw: {
      format: 'unusable',
      because,
      recordType: 'ChainTransaction',
      reason: 'GOV_MOVEMENT_UNCLASSIFIED',
      account,
    },
    text: JSON.stringify({ tx_hash: place.txHash, account, logs }),
  };
}

function isAside({ raw }: WalletInput): boolean {
  return raw.format === 'unusable';
}

/** The same place and the same amounts; names, such as a condition, may be known better now. */
function isSame(one: WalletInput, other: WalletInput): boolean {
  if (one.position !== other.position) return false;
  if (one.raw.format !== 'movement' || other.raw.format !== 'movement') {
    return one.text === other.text;
  }
  const legs = [one, other].map(({ raw }) => {
    const sum = noLegs();
    addLegs(raw as unknown as Movement, sum);
    return sum;
  });
  return sameLegs(legs[0] ?? noLegs(), legs[1] ?? noLegs());
}
