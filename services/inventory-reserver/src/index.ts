export { changes, locate, revive } from './changes.ts';
export { type Entity, type Mode, type Parameters, parametersKey } from './entities.ts';
export { emit, RESERVER } from './emit.ts';
export { type InventoryEntry, ledgerTable } from './entry.ts';
export { processor } from './processor.ts';
