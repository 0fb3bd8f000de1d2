/**
 * Parameters of the planner as the log brings them (`ParametersChanged`), so that a replay plans
 * with what was in force then: the mode, the fee of events whose fee nobody has seen, and addresses
 * that replace those of call-targets.ts from this place of the log on.
 */

import { type ParametersChanged } from '@polytraders/contracts';
import { exchangeCapIn } from '@polytraders/domain';
import { CONTRACT_NAMES, type ContractName } from './call-targets.ts';
import { type Parameters } from './state.ts';

export const NEG_RISK_FEE = 'neg_risk_fee_bips';
const FEE_BIPS_MAX = 10_000;

export type Changed = {
  readonly parameters: Parameters;
  /** Names of settings that could not be read and are as they were before. */
  readonly unreadable: readonly string[];
};

/** The parameters in force from this event on. What it does not name has its default. */
export function changeParameters(before: Parameters, event: ParametersChanged): Changed {
  const unreadable: string[] = [];
  const given = new Map(event.parameters.map(({ name, value }) => [name, value]));
  const addresses: Partial<Record<ContractName, string>> = {};
  for (const name of CONTRACT_NAMES) {
    const value = given.get(name);
    if (value === undefined || value === '') continue;
    const address = /^0x[0-9a-f]{40}$/i.test(value) ? value.toLowerCase() : before.addresses[name];
    if (address !== value.toLowerCase()) unreadable.push(name);
    if (address !== undefined) addresses[name] = address;
  }
  const fee = given.get(NEG_RISK_FEE) ?? '0';
  const bips = /^\d{1,5}$/.test(fee) ? parseInt(fee, 10) : -1;
  const isFee = bips >= 0 && bips <= FEE_BIPS_MAX;
  if (!isFee) unreadable.push(NEG_RISK_FEE);
  const parameters: Parameters = {
    ...before,
    marketSeq: event.market_seq,
    mode: event.mode,
    negRiskFeeBips: isFee ? bips : before.negRiskFeeBips,
    addresses,
  };
  return { parameters, unreadable };
}

/** With the cap by which the books judge fees; the same object where it is as before. */
export function withFeeCap(before: Parameters, event: ParametersChanged): Parameters {
  const exchangeBpsMax = exchangeCapIn(event.parameters, before.exchangeBpsMax);
  return exchangeBpsMax === before.exchangeBpsMax ? before : { ...before, exchangeBpsMax };
}
