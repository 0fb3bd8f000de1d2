/**
 * `accounts.json` (`ACCOUNTS_FILE`): which source is of record for each account (rule B9), what
 * other sources speak of it, and whose fills the unlabelled ones are.
 *
 *     { "0x…": { "source_of_record": "bus", "other_sources": ["chain"], "default_bot": "alpha" } }
 *
 * An account that is not declared has the bus or, where it was imported first, the file.
 */

import { type SourceOfRecord } from './draft.ts';
import { settingsIn } from './settings-json.ts';

export type AccountDeclaration = {
  readonly sourceOfRecord: SourceOfRecord;
  /** Sources that confirm and enrich, and alarm where they cannot; they never book. */
  readonly otherSources: readonly SourceOfRecord[];
  readonly defaultBot: string | null;
};

export type Accounts = ReadonlyMap<string, AccountDeclaration>;

export type AccountsError = {
  readonly code:
    'NOT_JSON' | 'NOT_AN_OBJECT' | 'BAD_ACCOUNT' | 'BAD_SOURCE' | 'BAD_BOT' | 'UNKNOWN_NAME';
  /** Expected, found, what to do. */
  readonly message: string;
};

const SOURCES: readonly string[] = ['bus', 'venue', 'chain', 'file'];
const NAMES: readonly string[] = ['source_of_record', 'other_sources', 'default_bot'];
const ADDRESS = /^(paper:)?0x[0-9a-f]{40}$/;

/**
 * Reads the text of `accounts.json`. The answer is the accounts, or the first thing wrong with it.
 */
export function parseAccounts(text: string): Accounts | AccountsError {
  const read = settingsIn(text);
  if ('odd' in read) {
    const found = read.odd === 'twice' ? 'a name stands twice in it' : 'it does not parse';
    return error('NOT_JSON', `Expected ACCOUNTS_FILE to hold JSON; ${found}.`);
  }
  const json = read.value;
  if (!isRecord(json)) {
    return error('NOT_AN_OBJECT', 'Expected ACCOUNTS_FILE to be one object, account by account.');
  }
  const accounts = new Map<string, AccountDeclaration>();
  for (const [name, value] of Object.entries(json)) {
    const account = name.toLowerCase();
    if (!ADDRESS.test(account)) {
      return error(
        'BAD_ACCOUNT',
        `Expected an account as 0x and 40 hex digits; found ${JSON.stringify(name)}.`,
      );
    }
    if (accounts.has(account)) {
      return error('BAD_ACCOUNT', `Expected each account once; found ${account} twice.`);
    }
    const declaration = declarationOf(account, value);
    if ('code' in declaration) return declaration;
    accounts.set(account, declaration);
  }
  return accounts;
}

/**
 * Whether a source books for an account: what it says is of record, not only a second voice. Of an
 * account that nobody declared it is the one that spoke of it `first`, the bus or a file: two that
 * both book would count its fills twice.
 */
export function isOfRecord(
  accounts: Accounts,
  account: string,
  source: SourceOfRecord,
  first: SourceOfRecord | null,
): boolean {
  const declared = accounts.get(account);
  if (declared !== undefined) return declared.sourceOfRecord === source;
  return (first ?? source) === source && (source === 'bus' || source === 'file');
}

function declarationOf(account: string, value: unknown): AccountDeclaration | AccountsError {
  if (!isRecord(value)) {
    return error('NOT_AN_OBJECT', `Expected ${account} to be an object with source_of_record.`);
  }
  const unknown = Object.keys(value).find((name) => !NAMES.includes(name));
  if (unknown !== undefined) {
    return error(
      'UNKNOWN_NAME',
      `Expected ${NAMES.join(', ')} for ${account}; found ${JSON.stringify(unknown)}.`,
    );
  }
  const sourceOfRecord = value['source_of_record'];
  const others = value['other_sources'] ?? [];
  if (!isSource(sourceOfRecord) || !Array.isArray(others) || !others.every(isSource)) {
    return error(
      'BAD_SOURCE',
      `Expected the sources of ${account} to be of ${SOURCES.join(', ')}.`,
    );
  }
  const sources = [sourceOfRecord, ...others];
  const twice = sources.find((source, at) => sources.indexOf(source) !== at);
  if (twice !== undefined) {
    return error('BAD_SOURCE', `Expected each source of ${account} once; found ${twice} twice.`);
  }
  const bot = value['default_bot'] ?? null;
  if (bot !== null && (typeof bot !== 'string' || bot === '')) {
    return error(
      'BAD_BOT',
      `Expected default_bot of ${account} to be a name; found ${JSON.stringify(bot)}.`,
    );
  }
  return { sourceOfRecord, otherSources: others, defaultBot: bot };
}

function isSource(value: unknown): value is SourceOfRecord {
  return typeof value === 'string' && SOURCES.includes(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function error(code: AccountsError['code'], message: string): AccountsError {
  return { code, message };
}

export type ChainWallets = {
  readonly all: readonly string[];
  readonly ofRecord: readonly string[];
};

/** Wallets of which the chain speaks, and those for which it books. Paper has no chain. */
export function chainWallets(accounts: Accounts): ChainWallets {
  const real = [...accounts].filter(([account]) => /^0x/.test(account));
  const ofRecord = real.filter(([, one]) => one.sourceOfRecord === 'chain').map(([own]) => own);
  const others = real.filter(([, one]) => one.otherSources.includes('chain')).map(([own]) => own);
  return { all: [...ofRecord, ...others], ofRecord };
}
