export * from './processor.ts';
export * from './table.ts';
export * from './watch.ts';
export * from './inbox.ts';
export * from './seen.ts';
export * from './driver.ts';
