/** What the runtime lends to the source readers. */

import { type Services } from '@polytraders/runtime';

export { type Services } from '@polytraders/runtime';

export type Logger = Pick<Services['log'], 'info' | 'warn' | 'error'>;
