/** Every record stands everywhere it must: schema, topic, codec, fixture. */

import { type Complaint, type SourceFile } from './files.ts';

export type ContractNames = {
  /** Records that the topic catalogue places. */
  readonly onTopics: readonly string[];
  /** Records that the generated codec reads and writes, with their schema text. */
  readonly inCodec: Readonly<Record<string, string>>;
};

function sameJson(one: string, other: string): boolean {
  return JSON.stringify(JSON.parse(one)) === JSON.stringify(JSON.parse(other));
}

/** Schemas without topic, codec or fixture, and the other way round. */
export function halfContracts(
  files: readonly SourceFile[],
  { onTopics, inCodec }: ContractNames,
): readonly Complaint[] {
  const schemas = new Map(
    files.flatMap(({ path, text }) => {
      const name = /^schemas\/([A-Za-z]+)\.avsc$/.exec(path)?.[1];
      return name === undefined ? [] : [[name, text] as const];
    }),
  );
  const fixtures = new Set(
    files.flatMap(({ path }) => /^libs\/contracts\/fixtures\/(\w+)/.exec(path)?.[1] ?? []),
  );
  const all = new Set([...schemas.keys(), ...onTopics, ...Object.keys(inCodec), ...fixtures]);
  return [...all].sort().flatMap((name) => {
    const text = schemas.get(name);
    const written = inCodec[name];
    const complaints: Complaint[] = [];
    if (text === undefined) complaints.push(`${name} has no schema: write schemas/${name}.avsc.`);
    if (!onTopics.includes(name)) complaints.push(`${name} stands on no topic: see topics.ts.`);
    if (!fixtures.has(name)) complaints.push(`${name} has no fixture in libs/contracts/fixtures.`);
    if (written === undefined) complaints.push(`${name} has no codec: run the generator.`);
    else if (text !== undefined && !sameJson(text, written)) {
      complaints.push(`${name} has a codec of another schema text: run the generator.`);
    }
    return complaints;
  });
}
