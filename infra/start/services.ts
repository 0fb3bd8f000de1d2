/**
 * Services as child processes of the pinned Node, as they run anywhere else: their own main.ts,
 * configured by the environment, logging JSON lines to a file, stopped by SIGTERM. A service that
 * ends by itself ends the job with the last thing that it said.
 */

import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, createWriteStream, mkdirSync, openSync } from 'node:fs';
import { join, relative } from 'node:path';
import { reasonOf } from '@polytraders/cli';
import { nodeFlags } from '@polytraders/runtime';
import { repositoryRoot } from '../stack/index.ts';

export type Service = {
  readonly name: string;
  readonly logFile: string;
  /** Resolves when the service says that it has started; rejects with its last words if it ends. */
  readonly started: Promise<void>;
  /** Rejects if the service ends although nobody asked it to, or cannot log; never resolves. */
  readonly died: Promise<never>;
  /** SIGTERM, and SIGKILL for one that has not ended after its ten seconds and some. */
  readonly stop: () => Promise<void>;
};

const START_MS_MAX = 60_000;
const STOP_MS_MAX = 15_000;
const LAST_WORDS_MAX = 2_000;

const logFileOf = (name: string, logDir: string): string => join(logDir, `${name}.log`);

/** Throws one sentence where these services could not log: asked for before anything starts. */
export function expectLogs(names: readonly string[], logDir: string): void {
  try {
    mkdirSync(logDir, { recursive: true });
    for (const name of names) closeSync(openSync(logFileOf(name, logDir), 'a'));
  } catch (error) {
    throw new Error(
      `Expected a folder for the services' logs at ${logDir}, found ${reasonOf(error)}: name ` +
        'another after --logs.',
    );
  }
}

/** Starts `services/NAME/src/main.ts`; its output goes to `logDir`, which exists. */
export function startService(name: string, env: NodeJS.ProcessEnv, logDir: string): Service {
  const logFile = logFileOf(name, logDir);
  const log = createWriteStream(logFile, { flags: 'a' });
  const main = join(repositoryRoot, 'services', name, 'src/main.ts');
  const endWithJob = join(import.meta.dirname, 'end-with-job.ts');
  // The channel carries nothing: its end is what the service listens for.
  const child = spawn(process.execPath, [...nodeFlags, '--import', endWithJob, main], {
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const started = Promise.withResolvers<void>();
  const died = Promise.withResolvers<never>();
  const ended = Promise.withResolvers<void>();
  // Whoever waits for one of the two may not be there yet when it comes.
  started.promise.catch(() => undefined);
  died.promise.catch(() => undefined);
  const fail = (sentence: string): void => {
    const error = new Error(sentence);
    started.reject(error);
    died.reject(error);
  };
  // Nobody can say later what a service did that logs to nowhere.
  log.on('error', (error) => fail(`Expected to write the log of ${name}; found ${error.message}.`));
  let lastWords = '';
  let stopping = false;
  const hear = (chunk: Buffer): void => {
    log.write(chunk);
    lastWords = (lastWords + chunk.toString('utf8')).slice(-LAST_WORDS_MAX);
    if (lastWords.includes('"event":"STARTED"')) started.resolve();
  };
  child.stdout?.on('data', hear);
  child.stderr?.on('data', hear);
  child.on('error', (error) => started.reject(error));
  child.on('exit', (code, signal) => {
    log.end();
    ended.resolve();
    if (stopping) return;
    const where = relative(repositoryRoot, logFile);
    fail(
      `${name} ended by itself (${signal ?? `exit code ${code ?? 0}`}); its log is ${where}, ` +
        `which ends with: ${lastLineOf(lastWords)}`,
    );
  });
  const patience = setTimeout(() => {
    started.reject(
      new Error(`${name} did not start within ${START_MS_MAX / 1000} s; see ${logFile}.`),
    );
  }, START_MS_MAX);
  const settled = () => clearTimeout(patience);
  void started.promise.then(settled, settled);
  void ended.promise.then(settled);
  return {
    name,
    logFile,
    started: started.promise,
    died: died.promise,
    stop: () => {
      stopping = true;
      return stopChild(child, ended.promise);
    },
  };
}

async function stopChild(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX);
  await ended;
  clearTimeout(force);
}

function lastLineOf(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
