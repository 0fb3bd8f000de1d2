/** A local chain for tests: what the venue's contracts log, and a node that logs it. */

export * from './venue-actions.ts';
export * from './venue-words.ts';
export { type ContractName, conditionalTokensCode, runtimeCode } from './compile.ts';
export * from './local-chain.ts';
export * from './node.ts';
export * from './proxy.ts';
export * from './market-maker.ts';
