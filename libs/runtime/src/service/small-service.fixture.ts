/** A service as small as can be, for tests of how one starts: it has no storage to speak of. */

import { type Processor } from '@polytraders/stream';
import { main } from './run.ts';

type Nothing = Processor<object, object, object>;

const unseen = { meters: [], healthSlugs: [] };
await main({ id: 'small-service', version: 1, produces: [], ...unseen } as unknown as Nothing);
