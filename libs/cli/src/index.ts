/** The front door of the command: what the main job and tests use of it. */

export { expectImportArguments } from './commands/import.ts';
export { runCli } from './program.ts';
export { ask, INGEST, INVENTORY, type Place, PNL, schemaOf, SETTLEMENT } from './rows.ts';
export { type Scanned, scanTopic } from './scan-topic.ts';
export { type Bus, type Database, withBus, withDatabase } from './servers.ts';
export { shortId, type TableColumn, tableText } from './table.ts';
export { asProcess, CliError, processTerminal, reasonOf, type Terminal } from './terminal.ts';
