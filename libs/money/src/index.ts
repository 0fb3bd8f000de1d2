export * from './allocate.ts';
export * from './decimal.ts';
export * from './invariant.ts';
export * from './rational.ts';
export * from './rounding.ts';
export * from './units.ts';
