/** The thread of the windows: at the largest a fold of theirs takes as long as many batches. */

import { inThread } from '@polytraders/runtime';
import { windowsProcessor } from '../windows/processor.ts';
import { startWindows } from './windows-service.ts';

await inThread(windowsProcessor, startWindows);
