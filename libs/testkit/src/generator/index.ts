export { type Act, happen, type Step } from './acts.ts';
export { type Book, type BookFill, bookOf } from './book-keeping.ts';
export {
  accountsOfDay,
  type DayOptions,
  DEFINITIONS_TOPIC,
  EXECUTION_TOPIC,
  generateDay,
  MARKS_TOPIC,
  startOf,
} from './day.ts';
export {
  COMMANDS_TOPIC,
  type Evening,
  EVENING_BLOCK,
  eveningOf,
  type JobName,
  type Redemption,
  secondOfBlock,
} from './evening.ts';
export {
  type Accountant,
  accountantOf,
  type Expectation,
  expectationOf,
  type ExpectedBook,
  type ExpectedBot,
} from './expectation.ts';
export { type ExpectedInventory } from './inventory-keeping.ts';
export { blockOfTransaction } from './fills.ts';
export { FEWEST_FILLS, type Incident, INCIDENTS, incidentsOf, MOST_FILLS } from './incidents.ts';
export { generateLogFills, LOG_PARTITIONS, type LogFillOptions } from './log-fills.ts';
export { type LogEvent } from './log-desk.ts';
export { generateLogLives, LIFE_TYPES, type LogLivesOptions } from './log-lives.ts';
export { WINDOW_TYPES, type WindowDesk, windowDeskOf } from './log-windows.ts';
export { type Random, randomOf } from './random.ts';
export { blockHashOf, type ChainReceipt, transactionHashOf } from './receipts.ts';
export { negRiskConditionId, standardConditionId, tokenIdsOf } from './token-ids.ts';
export { type Bot, type Market, type Universe, universeOf } from './universe.ts';
export { type DayMessage, type DayRecord, type MessageBody } from './wire.ts';
export { type Holding, PUSD, type Wallets, walletsOf } from './wallets.ts';
