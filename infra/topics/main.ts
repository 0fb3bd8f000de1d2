/** `npm run topics -- plan | apply | drift`: topics and schemas as the catalogue says. */

import { parseArgs } from 'node:util';

import { asProcess, type Terminal } from '@polytraders/cli';

import { applyTopics, type Drift, findDrift } from './index.ts';
import { targetFromEnv } from './target.ts';

const help = `Topics and schemas as libs/contracts/src/topics.ts and schemas/released/ say.

  npm run topics -- plan     what apply would do
  npm run topics -- apply    create missing topics, set settings that differ, register schemas
  npm run topics -- drift    the same as plan, with exit code 1 when anything differs

  --json       answer as JSON
  --help       this text

Where: KAFKA_BROKERS, SCHEMA_REGISTRY_URL, TOPIC_PREFIX (and KAFKA_SASL_…, KAFKA_SSL…); without them
the local stack. A wrong number of partitions is shown and never mended: it would move keys. So is
a schema of somebody else under a subject of ours: records may have been written with it.
Exit codes: 0 done or nothing differs, 1 something differs, 2 could not run.
`;

const options = {
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

function remarkOn(mendable: boolean): string {
  return mendable ? '' : ' (apply cannot mend this)';
}

function lines({ topics, schemas }: Drift): readonly string[] {
  return [
    ...topics.map(({ topic, setting, expected, found, mendable }) => {
      const what = setting === null ? topic : `${topic} ${setting}`;
      return `${what}: expected ${expected}, found ${found}${remarkOn(mendable)}`;
    }),
    ...schemas.map(
      ({ subject, expected, found, mendable }) =>
        `${subject}: expected ${expected}, found ${found}${remarkOn(mendable)}`,
    ),
  ];
}

function shown(json: boolean, drift: Drift, nothing: string): string {
  const text = lines(drift).join('\n') || nothing;
  return `${json ? JSON.stringify(drift, null, 2) : text}\n`;
}

async function main(terminal: Terminal): Promise<number> {
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  if (values.help) {
    terminal.out(help);
    return 0;
  }
  const [command, more] = positionals;
  const isKnown = command === 'plan' || command === 'apply' || command === 'drift';
  if (!isKnown || more !== undefined) {
    const found = command === undefined ? 'nothing' : `"${positionals.join(' ')}"`;
    throw new Error(`Expected plan, apply or drift, found ${found}; see npm run topics -- --help.`);
  }
  const say = (sentence: string) => terminal.err(`${sentence}\n`);
  const target = await targetFromEnv(process.env, say);
  const drift = await (command === 'apply' ? applyTopics(target) : findDrift(target));
  terminal.out(shown(values.json, drift, 'Nothing differs from the catalogue.'));
  const isClean = lines(drift).length === 0;
  if (command === 'drift') return isClean ? 0 : 1;
  const left = [...drift.topics, ...drift.schemas].filter(({ mendable }) => !mendable);
  return command === 'apply' && left.length > 0 ? 1 : 0;
}

await asProcess(main);
