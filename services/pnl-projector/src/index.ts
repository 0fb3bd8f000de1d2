export { changes, locate, revive } from './changes.ts';
export {
  type Book,
  type Entity,
  type Holding,
  holdingKey,
  type Parameters,
  parametersKey,
} from './entities.ts';
export { type LedgerEntry, ledgerTable } from './entry.ts';
export { MARK_AGE_LIMIT, RETAIN_DAYS } from './parameters.ts';
export { type Claim, claimKey, type Market, marketKey, type Token, tokenKey } from './entities.ts';
export { processor } from './processor.ts';
export { marketReportOf, reportOf } from './report.ts';
export {
  type LotPageRow,
  lotPagesTable,
  type ParametersRow,
  parametersTable,
  type PositionRow,
  positionsTable,
} from './tables.ts';
