/** The front door of the test kit. */

export { ownStack, testStack, type OwnStack } from './stack.ts';
export { clearLeftovers, dropTopics, freshDatabase, uniquePrefix } from './isolation.ts';
export { type FreshDatabase } from './isolation.ts';
export {
  LEDGER_SECTIONS,
  type LedgerGrammar,
  type LedgerLine,
  type LedgerSection,
  type LedgerText,
  parseLedgerText,
} from './ledger-text.ts';
export { contentOf, type ContentAt } from './partition-content.ts';
export { rowWriter, type RowWriter } from './stored-rows.ts';
