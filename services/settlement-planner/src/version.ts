/** Which processor this is. A new version is a new Postgres schema, built from offset 0. */
export const PROCESSOR_ID = 'settlement-planner';
export const PROCESSOR_VERSION = 1;
