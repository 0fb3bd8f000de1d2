import { main } from '@polytraders/runtime';
import { createWriter } from './processor.ts';
import { inboxSource } from './shell/inbox-source.ts';
import { configured, startReaders } from './shell/service.ts';

const config = configured(process.env);
await main(createWriter(config.accounts, config.rules), {
  source: inboxSource,
  beside: (services) => startReaders(services, config),
});
