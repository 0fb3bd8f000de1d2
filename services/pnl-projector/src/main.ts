import { main, startInThread } from '@polytraders/runtime';
import { processor } from './processor.ts';

const windows = new URL('./shell/windows-thread.ts', import.meta.url);

await main(processor, { beside: (services) => startInThread(windows, services) });
