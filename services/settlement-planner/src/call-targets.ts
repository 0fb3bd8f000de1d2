/**
 * Which contract a job calls (rule B11): addresses as configuration, each with the time from which
 * it is the right one, and the choice between them from the token's own id.
 *
 *   collateral in the id   since pUSD                        before pUSD
 *   USDC.e                 CtfCollateralAdapter              ConditionalTokens
 *   WrappedCollateral      NegRiskCtfCollateralAdapter       NegRiskAdapter
 *   pUSD                   ConditionalTokens                 (there was none)
 *
 * Outcome tokens are minted against USDC.e or WrappedCollateral while a wallet's cash is pUSD. Only
 * the collateral adapters turn one into the other, so a job that called ConditionalTokens or
 * NegRiskAdapter for them would pay out USDC.e, which the books do not know as cash.
 * The wallet must have approved the adapter for its tokens: the executor's business.
 */

import {
  type Collateral,
  createTokenProofs,
  PUSD,
  type TokenPair,
  USDC_E,
  WRAPPED_COLLATERAL,
} from '@polytraders/domain';
import { getBytes, keccak256 as hexKeccak } from 'ethers';

export type Protocol = 'CONDITIONAL_TOKENS' | 'NEG_RISK_ADAPTER' | 'COLLATERAL_ADAPTER';

export type CallTarget = {
  readonly protocol: Protocol;
  /** 0x and lower case. */
  readonly contract: string;
  /** The first argument of ConditionalTokens; the adapters ignore it. */
  readonly collateral: string;
};

/** Contracts by the name under which a parameter may replace their address. */
export const CONTRACT_NAMES = [
  'conditional_tokens',
  'neg_risk_adapter',
  'ctf_collateral_adapter',
  'neg_risk_collateral_adapter',
] as const;

export type ContractName = (typeof CONTRACT_NAMES)[number];

export type Addresses = Readonly<Partial<Record<ContractName, string>>>;

type Valid = { readonly contract: string; readonly from: number };

/** 2026-03-31T00:00:00Z, the day of block 84,902,320, in which pUSD was deployed. */
export const PUSD_FROM = 1_774_915_200_000_000;
/** 2026-04-28T11:00:00Z, the venue's cutover. From then on its SDK names the second adapters. */
export const CUTOVER = 1_777_374_000_000_000;

/** Polygon, ascending by `from` (microseconds since 1970): the last one that has begun is valid. */
const ADDRESSES: Readonly<Record<ContractName, readonly Valid[]>> = {
  conditional_tokens: [{ contract: '0x4d97dcd97ec945f40cf65f87097ace5ea0476045', from: 0 }],
  neg_risk_adapter: [{ contract: '0xd91e80cf2e7be2e162c6513ced06f1dd0da35296', from: 0 }],
  ctf_collateral_adapter: [
    { contract: '0xada100874d00e3331d00f2007a9c336a65009718', from: PUSD_FROM },
    { contract: '0xada100db00ca00073811820692005400218fce1f', from: CUTOVER },
  ],
  neg_risk_collateral_adapter: [
    { contract: '0xada200001000ef00d07553cee7006808f895c6f1', from: PUSD_FROM },
    { contract: '0xada2005600dec949baf300f4c6120000bdb6eaab', from: CUTOVER },
  ],
};

/**
 * What a job calls whose tokens have this collateral, planned at `at`. `replaced` are addresses
 * that parameters put in the place of ours. Null where there was no such contract then.
 */
export function callTargetOf(
  collateral: Collateral,
  at: number,
  replaced: Addresses = {},
): CallTarget | null {
  const isPusd = at >= PUSD_FROM;
  const target = (protocol: Protocol, name: ContractName, argument: string): CallTarget | null => {
    const contract = replaced[name] ?? validAt(name, at);
    return contract === null ? null : { protocol, contract, collateral: argument };
  };
  switch (collateral) {
    case 'PUSD':
      return isPusd ? target('CONDITIONAL_TOKENS', 'conditional_tokens', PUSD) : null;
    case 'USDC_E':
      return isPusd
        ? target('COLLATERAL_ADAPTER', 'ctf_collateral_adapter', PUSD)
        : target('CONDITIONAL_TOKENS', 'conditional_tokens', USDC_E);
    case 'WRAPPED':
      return isPusd
        ? target('COLLATERAL_ADAPTER', 'neg_risk_collateral_adapter', PUSD)
        : target('NEG_RISK_ADAPTER', 'neg_risk_adapter', WRAPPED_COLLATERAL);
  }
}

/** The address of a contract at a time, in our own table. */
export function validAt(name: ContractName, at: number): string | null {
  return ADDRESSES[name].findLast(({ from }) => from <= at)?.contract ?? null;
}

const proofs = createTokenProofs((bytes) => getBytes(hexKeccak(bytes)));

/**
 * The two tokens of the condition that `tokenId` is one of, and their collateral; null where the id
 * is none of this condition's.
 */
export const derivedPair: (conditionId: string, tokenId: string) => TokenPair | null =
  proofs.pairOf;
