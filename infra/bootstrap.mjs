#!/usr/bin/env node
/**
 * The first step of every command, in plain JavaScript with built-ins only, for whatever Node
 * (>= 20) is there: installs what is missing, then hands over to the Node that the project pins.
 *
 *   node infra/bootstrap.mjs [--servers[=NAMES] | --test-servers | --own-servers] ENTRY [arguments]
 *
 * `--servers` says that the entry starts the local stack, so Java and Maven must be there unless
 * the environment names the servers: all three, or those whose variables are given as NAMES.
 * `--test-servers` is the same for tests, which may also take containers. `--own-servers` is for
 * suites that take local servers down and up again: nothing can stand in for those.
 * Exit code 2 and one sentence when the machine lacks something that we may not install.
 */

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(fileURLToPath(import.meta.url), '../..');
const nodeMajorMin = 20;
const javaMajorMin = 17;
const installMsMax = 600_000;
const writeMsMax = 2000;
const parentMs = 500;
/** Below its reason npm prints its manual. */
const whyLinesMax = 12;
/** What an install left behind: the time it ended, and the lockfile it was made from. */
const stampFile = join(root, 'node_modules/.polytraders-installed');

const say = (sentence) => process.stderr.write(`${sentence}\n`);

function stop(sentence) {
  say(sentence);
  process.exit(2);
}

/**
 * The environment without our own node_modules/.bin, whose Node an install may replace. Maven does
 * not run in a folder with a letter like ü where the shell's locale is plain C.
 */
function outerEnv() {
  const path = (process.env.PATH ?? '').split(delimiter);
  const outer = path.filter((entry) => !entry.replaceAll('\\', '/').endsWith('node_modules/.bin'));
  return { ...process.env, LC_ALL: 'C.UTF-8', PATH: outer.join(delimiter) };
}

function run(command, args, options = {}) {
  return spawnSync(command, args, { cwd: root, env: outerEnv(), encoding: 'utf8', ...options });
}

function checkNode() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < nodeMajorMin) {
    stop(
      `Expected Node ${nodeMajorMin} or newer to start with, found ${process.versions.node}: ` +
        'install a newer one; the project brings the Node it runs on itself.',
    );
  }
}

const pinnedNode = join(root, 'node_modules/.bin/node');

function pinnedVersion() {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return manifest.devDependencies.node;
}

function pinnedNodeWorks() {
  if (!existsSync(pinnedNode)) return false;
  return run(pinnedNode, ['--version']).stdout?.trim() === `v${pinnedVersion()}`;
}

/** Installed, and from the lockfile as it stands: npm's own record is not older than it. */
function isInstalled() {
  const record = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(record)) return false;
  const lockfile = join(root, 'package-lock.json');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === readFileSync(lockfile, 'utf8')) {
    return true;
  }
  return statSync(record).mtimeMs >= statSync(lockfile).mtimeMs;
}

function install() {
  say('Installing the npm packages of package-lock.json.');
  const args = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund'];
  const result = run('npm', [...args, '--loglevel=error'], { stdio: ['ignore', 'pipe', 'pipe'] });
  if (result.status !== 0) {
    const said = `${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}`;
    const start = said.trim().split('\n').slice(0, whyLinesMax).join('\n');
    stop(`npm ci failed; mend what it says, then run the command again:\n${start}`);
  }
  writeFileSync(stampFile, readFileSync(join(root, 'package-lock.json')));
}

/** Two first commands in one clone: the second waits until the first has installed. */
function withInstallLock(work) {
  const lock = join(root, '.local/install.lock');
  mkdirSync(join(root, '.local'), { recursive: true });
  const startedAt = Date.now();
  let said = false;
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const holder = Number(existsSync(lock) ? readFileSync(lock, 'utf8') : 0);
    const waited = Date.now() - startedAt;
    // A lock without content is one being written, unless it stays that way.
    const isLeft = holder > 0 ? !isAlive(holder) : waited > writeMsMax;
    if (isLeft) {
      rmSync(lock, { force: true });
      continue;
    }
    if (waited > installMsMax) {
      stop(
        `Process ${holder} has held ${lock} for ten minutes: end it, or remove the file if that ` +
          'process is no command of this project.',
      );
    }
    if (!said && holder > 0) say(`Process ${holder} installs the npm packages; waiting for it.`);
    said ||= holder > 0;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
  }
  try {
    work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function ensurePackages() {
  if (isInstalled() && pinnedNodeWorks()) return;
  withInstallLock(() => {
    if (!isInstalled()) install();
    if (!pinnedNodeWorks()) repairPinnedNode();
  });
}

function repairPinnedNode() {
  // npm may have been told to run no install scripts; the package's own script fetches the binary.
  run('node', ['installArchSpecificPackage.js'], { cwd: join(root, 'node_modules/node') });
  if (!pinnedNodeWorks()) {
    stop(
      `Expected Node ${pinnedVersion()} at ${pinnedNode}, found none that runs: remove ` +
        'node_modules and run the command again with install scripts allowed.',
    );
  }
}

function javaMajor() {
  const result = run('java', ['-version']);
  const found = /version "(\d+)/.exec(`${result.stderr ?? ''}${result.stdout ?? ''}`);
  return found === null ? 0 : Number(found[1]);
}

function missingTools() {
  const missing = [];
  if (javaMajor() < javaMajorMin) missing.push('openjdk-17-jre-headless');
  if (run('mvn', ['-version']).status !== 0) missing.push('maven');
  return missing;
}

/** An apt whose package has the other name (newer Debian and Ubuntu) gets the newest Java. */
function installWithApt(packages) {
  const env = { ...outerEnv(), DEBIAN_FRONTEND: 'noninteractive' };
  const get = (...args) => run('apt-get', ['-qq', ...args], { env });
  const options = ['-y', '--no-install-recommends', 'install'];
  say(`Installing ${packages.join(' and ')} with apt-get; the local stack needs them.`);
  get('update');
  if (get(...options, ...packages).status === 0) return;
  get(...options, ...packages.map((name) => name.replace(/^openjdk.*/, 'default-jre-headless')));
}

/** All servers given from outside: then nothing is started here, and nothing of Java is needed. */
function areGiven(names) {
  return names.every((name) => (process.env[name] ?? '').trim() !== '');
}

function dockerAnswers() {
  if (process.env.POLYTRADERS_NO_DOCKER === '1') return false;
  return run('docker', ['info'], { timeout: 3000, stdio: 'ignore' }).status === 0;
}

const serverNames = ['KAFKA_BROKERS', 'SCHEMA_REGISTRY_URL', 'DATABASE_URL'];

/** Which variables stand in for the local stack, and nothing does where there are none. */
function variablesOf(flag, names) {
  if (flag === '--servers') return names?.split(',') ?? serverNames;
  return flag === '--test-servers' ? serverNames.map((name) => `TEST_${name}`) : [];
}

/** Who asks for help, or how the stack is, or stops it, starts nothing. */
function startsServers(flag, words) {
  if (flag === null || words.includes('--help') || words.includes('-h')) return false;
  const command = words.find((word) => !word.startsWith('-'));
  return command !== 'status' && command !== 'down';
}

function needsTools(flag, variables, words) {
  if (!startsServers(flag, words)) return false;
  if (variables.length > 0 && areGiven(variables)) return false;
  return flag !== '--test-servers' || !dockerAnswers();
}

function ensureTools(variables) {
  const missing = missingTools();
  if (missing.length === 0) return;
  const hasApt = process.platform === 'linux' && run('apt-get', ['--version']).status === 0;
  if (hasApt && process.getuid?.() === 0) installWithApt(missing);
  const still = missingTools();
  if (still.length === 0) return;
  const how = hasApt ? ` (sudo apt-get install ${still.join(' ')})` : '';
  const given = variables.join(', ').replace(/, (?=[^,]*$)/, ' and ');
  stop(
    'Expected Java 17 or newer and Maven for the local Kafka and schema registry, found no ' +
      `${still.join(' and no ')}: install what is missing${how}` +
      `${given === '' ? '' : `, or name servers of your own in ${given}`}.`,
  );
}

/** SIGTERM ends npm and its shell and comes no further: what they have started is told here. */
function endWithNpm(child) {
  const parent = process.ppid;
  const look = () => {
    if (process.ppid !== parent) child.kill('SIGTERM');
  };
  setInterval(look, parentMs).unref();
}

function handOver(entry, args) {
  const path = [join(root, 'node_modules/.bin'), process.env.PATH ?? ''].join(delimiter);
  const child = spawn(pinnedNode, [resolve(root, entry), ...args], {
    stdio: 'inherit',
    env: { ...process.env, PATH: path },
  });
  // Ctrl-C reaches the child from the terminal itself; this process only waits for its answer.
  process.on('SIGINT', () => undefined);
  for (const name of ['SIGTERM', 'SIGHUP']) process.on(name, () => child.kill(name));
  if (process.env.npm_lifecycle_event !== undefined) endWithNpm(child);
  child.on('error', (error) => stop(`${pinnedNode} did not start: ${error.message}.`));
  child.on('exit', (code, signal) => {
    // Not 1, which is an answer of each command: a check does not hold, something is ill.
    if (code === null) stop(`${entry} was ended by ${signal}.`);
    process.exit(code);
  });
}

const given = process.argv.slice(2);
const [flag, names] = given[0]?.startsWith('--') ? given[0].split('=') : [null];
const [entry, ...rest] = flag === null ? given : given.slice(1);
if (entry === undefined) stop('Usage: node infra/bootstrap.mjs [--…servers] ENTRY [arguments]');
checkNode();
try {
  ensurePackages();
} catch (error) {
  stop(`Expected a checkout that can be written to, found none: ${error.message}.`);
}
const variables = variablesOf(flag, names);
if (needsTools(flag, variables, rest)) ensureTools(variables);
handOver(entry, rest);
