export { callTargetOf, CONTRACT_NAMES, type ContractName } from './call-targets.ts';
export { calldataOf, callOf, CONDITIONAL_TOKENS_ABI, NEG_RISK_ADAPTER_ABI } from './calldata.ts';
export { type LedgerEntry, ledgerTable } from './entry.ts';
export { jobRecordOf } from './job-record.ts';
export { processor } from './processor.ts';
export { type Entity, type Job, type Plans, plansKey } from './state.ts';
