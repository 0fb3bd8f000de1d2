/**
 * Fetches what does not come through npm: the broker and the registry, from Maven Central, once
 * per checkout. A download is complete when its folder has its final name.
 */

import { spawn } from 'node:child_process';
import { mkdir, rename, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDir, type Say } from './layout.ts';
import { utf8 } from './process.ts';
import { versions } from './versions.ts';

/** Runs a command to its end; its output becomes part of the error when it fails. */
export function runToEnd(command: string, args: readonly string[], cwd: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ...utf8 };
    const child = spawn(command, [...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const output: string[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => output.push(chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) return resolve();
      const tail = output.join('').trim().split('\n').slice(-15).join('\n');
      reject(new Error(`${command} ${args.join(' ')} ended with ${code}:\n${tail}`));
    });
  });
}

async function fetchOnce(
  target: string,
  what: string,
  say: Say,
  fill: (dir: string) => Promise<void>,
): Promise<string> {
  if (existsSync(target)) return target;
  say(`Fetching ${what} from Maven Central; this is done once.`);
  const partial = `${target}.partial-${process.pid}`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  try {
    await fill(partial);
    await rename(partial, target);
  } catch (error) {
    // Two stacks may fetch at once; the first to finish has given both what they need.
    if (!existsSync(target)) throw error;
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return target;
}

/** The folder with the broker's jars. */
export function kafkaJars(say: Say): Promise<string> {
  const target = join(cacheDir, `kafka-${versions.scala}-${versions.kafka}`);
  return fetchOnce(target, `Apache Kafka ${versions.kafka} (54 MB)`, say, async (dir) => {
    await runToEnd(
      'mvn',
      [
        '-q',
        '-B',
        '-f',
        join(import.meta.dirname, 'pom.xml'),
        `-Dkafka.version=${versions.kafka}`,
        `-Dscala.version=${versions.scala}`,
        `-Dslf4j.version=${versions.slf4j}`,
        'dependency:copy-dependencies',
        '-DincludeScope=runtime',
        `-DoutputDirectory=${dir}`,
      ],
      dir,
    );
  });
}

/** The folder with the registry's runner jar and its libraries. */
export function registryFiles(say: Say): Promise<string> {
  const target = join(cacheDir, `registry-${versions.registry}`);
  const artifact = `io.apicurio:apicurio-registry-app:${versions.registry}:tar.gz:all`;
  return fetchOnce(target, `Apicurio Registry ${versions.registry} (109 MB)`, say, async (dir) => {
    await runToEnd(
      'mvn',
      ['-q', '-B', 'dependency:copy', `-Dartifact=${artifact}`, `-DoutputDirectory=${dir}`],
      dir,
    );
    const archive = join(dir, `apicurio-registry-app-${versions.registry}-all.tar.gz`);
    await runToEnd('tar', ['-xzf', archive, '-C', dir], dir);
    await rm(archive);
  });
}
