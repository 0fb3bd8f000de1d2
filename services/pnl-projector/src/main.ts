import { main } from '@polytraders/runtime';
import { processor } from './processor.ts';
import { startWindows } from './shell/windows-service.ts';

await main(processor, { beside: startWindows });
