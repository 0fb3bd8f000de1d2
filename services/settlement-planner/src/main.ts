import { main } from '@polytraders/runtime';
import { processor } from './processor.ts';

await main(processor);
