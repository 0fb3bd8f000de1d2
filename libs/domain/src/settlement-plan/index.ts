export * from './closing.ts';
export * from './next-actions.ts';
export * from './plan.ts';
