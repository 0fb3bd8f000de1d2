/**
 * The one place where the versions of the servers stand. Postgres comes with the npm package that
 * `infra/package.json` pins; everything else is fetched by Maven, which checks the checksums.
 * `docker-compose.kafka.yml` names the same versions, and `versions.test.ts` holds it to that.
 */

export const versions = {
  kafka: '4.1.1',
  scala: '2.13',
  slf4j: '1.7.36',
  /** 3.0.x is the last line of the registry that runs on Java 17. */
  registry: '3.0.9',
  postgresMajor: '18',
  javaMajor: 17,
} as const;
