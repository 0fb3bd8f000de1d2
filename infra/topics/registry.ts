/**
 * The released schemas in a registry: one subject a record, named by its full name, every version
 * in order, FULL_TRANSITIVE set on the subject before anything is written to it.
 *
 * Versions are registered by the client of kafkajs, which compiles each schema before it is sent
 * and sends none to a subject whose level is another. It does the rest badly: it sets a new
 * subject's level only after its first version, and cannot tell an unknown subject from a wrong
 * path. So levels and look-ups are plain REST. Every wait has a limit.
 */

import {
  COMPATIBILITY as LEVELS,
  SchemaRegistry,
  SchemaType,
} from '@kafkajs/confluent-schema-registry';
import { ContractError, subjectOf } from '@polytraders/contracts';
import { type Release, releases } from '@polytraders/contracts/releases';
import { RuntimeError } from '@polytraders/runtime';

export const COMPATIBILITY = LEVELS.FULL_TRANSITIVE;

/** What one record still needs, or what stands beside its releases and is none. */
export type SchemaDrift = {
  readonly subject: string;
  readonly version: number | null;
  readonly expected: string;
  readonly found: string;
  /** Whether `apply` mends it: nothing is ever deleted. */
  readonly mendable: boolean;
};

const REQUEST_MS = 10_000;
const HEADERS = { 'content-type': 'application/vnd.schemaregistry.v1+json' } as const;

/** What the registry lacks of the released schemas, and what it has beside them. */
export async function schemaDrift(registryUrl: string): Promise<readonly SchemaDrift[]> {
  const drift: SchemaDrift[] = [];
  for (const [subject, versions] of bySubject()) {
    const level = await compatibilityOf(registryUrl, subject);
    if (level !== COMPATIBILITY) {
      drift.push({
        subject,
        version: null,
        expected: COMPATIBILITY,
        found: level ?? 'no level of its own',
        mendable: true,
      });
    }
    const ours: number[] = [];
    for (const release of versions) {
      const version = await registeredAs(registryUrl, subject, release);
      if (version === null) {
        const expected = `version ${release.version}`;
        const found = 'not registered';
        drift.push({ subject, version: release.version, expected, found, mendable: true });
      } else ours.push(version);
    }
    for (const version of await versionsOf(registryUrl, subject)) {
      if (ours.includes(version)) continue;
      const found = `version ${version} of somebody else`;
      drift.push({ subject, version, expected: 'released versions only', found, mendable: false });
    }
  }
  return drift;
}

/**
 * Registers what is missing, oldest version first. Throws ContractError SCHEMA when the registry
 * refuses one (then somebody else has written under the subject), and RuntimeError REGISTRY_OUTAGE
 * when it does not answer, or not within `requestMs` each time.
 */
export async function registerSchemas(
  registryUrl: string,
  requestMs: number = REQUEST_MS,
): Promise<void> {
  const client = new SchemaRegistry({ host: registryUrl, middlewares: [limitEach(requestMs)] });
  for (const [subject, versions] of bySubject()) {
    await setCompatibility(registryUrl, subject);
    for (const release of versions) {
      if ((await registeredAs(registryUrl, subject, release)) === null)
        await register(client, registryUrl, subject, release);
    }
  }
}

type ClientSettings = ConstructorParameters<typeof SchemaRegistry>[0];
type Middleware = NonNullable<ClientSettings['middlewares']>[number];

/** The client waits for ever by itself; this one limit it knows, and it closes the socket too. */
function limitEach(timeout: number): Middleware {
  return () => ({ prepareRequest: async (next) => (await next()).enhance({ timeout }) });
}

function bySubject(): ReadonlyMap<string, readonly Release[]> {
  return Map.groupBy(releases(), ({ type }) => subjectOf(type));
}

async function compatibilityOf(registryUrl: string, subject: string): Promise<string | null> {
  const answer = await ask(registryUrl, `/config/${encodeURIComponent(subject)}`, 'GET');
  const said = await answeredIfKnown(answer, registryUrl);
  return said === null ? null : String(said['compatibilityLevel']);
}

async function setCompatibility(registryUrl: string, subject: string): Promise<void> {
  if ((await compatibilityOf(registryUrl, subject)) === COMPATIBILITY) return;
  const path = `/config/${encodeURIComponent(subject)}`;
  const answer = await ask(registryUrl, path, 'PUT', { compatibility: COMPATIBILITY });
  // Two who set it at once: the second is refused, and what it wanted is so.
  const isSet = async (): Promise<boolean> =>
    (await compatibilityOf(registryUrl, subject)) === COMPATIBILITY;
  if (answer.status === 409 && (await isSet())) return;
  await answered(answer, registryUrl);
}

/** Under which version the registry has a release; null where it does not have it. */
async function registeredAs(
  registryUrl: string,
  subject: string,
  { schema }: Release,
): Promise<number | null> {
  const answer = await ask(registryUrl, `/subjects/${encodeURIComponent(subject)}`, 'POST', {
    schema,
  });
  const said = await answeredIfKnown(answer, registryUrl);
  return said === null ? null : Number(said['version']);
}

async function versionsOf(registryUrl: string, subject: string): Promise<readonly number[]> {
  const answer = await ask(registryUrl, `/subjects/${encodeURIComponent(subject)}/versions`, 'GET');
  return ((await answeredIfKnown(answer, registryUrl)) ?? []) as unknown as readonly number[];
}

async function register(
  client: SchemaRegistry,
  registryUrl: string,
  subject: string,
  { schema, version }: Release,
): Promise<void> {
  try {
    // Unasked, the client would insist on BACKWARD.
    const options = { subject, compatibility: COMPATIBILITY };
    await client.register({ type: SchemaType.AVRO, schema }, options);
  } catch (cause) {
    throw refusal(registryUrl, `version ${version} of ${subject}`, cause as ClientError);
  }
}

/** What the client throws: its own errors, and a ResponseError, which alone has a status. */
type ClientError = Error & { readonly status?: number };

/**
 * The client shows a refused connection and a time limit as status 400, so a status below 500 says
 * little; 409 is the registry's own word.
 */
function refusal(registryUrl: string, what: string, cause: ClientError): Error {
  const { status, message } = cause;
  if (status === 409) {
    return new ContractError(
      'SCHEMA',
      `Expected the registry to take ${what}; it says that another version there cannot read it ` +
        `or be read by it (${message}). See who else writes under this subject.`,
      cause,
    );
  }
  return new RuntimeError(
    'REGISTRY_OUTAGE',
    `Expected the registry at ${registryUrl} to take ${what}; it did not (${message}). ` +
      'Check SCHEMA_REGISTRY_URL and the registry, then apply again.',
    { retryable: true, cause },
  );
}

async function ask(
  registryUrl: string,
  path: string,
  method: string,
  body?: object,
): Promise<Response> {
  try {
    return await fetch(`${registryUrl}${path}`, {
      method,
      headers: HEADERS,
      signal: AbortSignal.timeout(REQUEST_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (cause) {
    throw new RuntimeError(
      'REGISTRY_OUTAGE',
      `Expected a schema registry at ${registryUrl}; it did not answer (${String(cause)}). ` +
        'Check SCHEMA_REGISTRY_URL, or run: npm run stack -- up',
      { retryable: true, cause },
    );
  }
}

/** The answer; null where the registry says in its own words that it knows of no such thing. */
async function answeredIfKnown(
  answer: Response,
  registryUrl: string,
): Promise<Readonly<Record<string, unknown>> | null> {
  if (answer.status !== 404) return answered(answer, registryUrl);
  const { error_code: code } = (await answer.json().catch(() => ({}))) as { error_code?: number };
  if (String(code).startsWith('404')) return null;
  throw new RuntimeError(
    'REGISTRY_OUTAGE',
    `Expected the Confluent-compatible API of a schema registry at ${registryUrl}, found none ` +
      'there (404): give SCHEMA_REGISTRY_URL its path, which is /apis/ccompat/v7 for Apicurio.',
    { retryable: false },
  );
}

async function answered(
  answer: Response,
  registryUrl: string,
): Promise<Readonly<Record<string, unknown>>> {
  if (answer.ok) return (await answer.json()) as Readonly<Record<string, unknown>>;
  throw new RuntimeError(
    'REGISTRY_OUTAGE',
    `Expected the registry at ${registryUrl} to answer; it said ${answer.status}: ` +
      `${await answer.text()}.`,
    { retryable: answer.status >= 500 },
  );
}
