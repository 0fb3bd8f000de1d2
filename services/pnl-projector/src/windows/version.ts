import { WINDOWS_PROCESSOR } from '@polytraders/contracts';

/** Which processor this is: the fold over all partitions of the books of the same version. */
export const WINDOWS_ID = WINDOWS_PROCESSOR;
export const WINDOWS_VERSION = 1;
/** Name of its input, a sequence in the books' schema. */
export const WINDOW_INPUTS = 'pnl.window_inputs';
