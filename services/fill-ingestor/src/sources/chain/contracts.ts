/**
 * Whose logs count, and as what: the contracts of the venue with the blocks in which each of them
 * was in use. Addresses are configuration, adapters have changed before (venue reference 1.5): the
 * built-in book is Polygon's, `CHAIN_CONTRACTS_FILE` replaces it.
 *
 *     [{ "role": "exchange", "address": "0x…", "from_block": 84902320, "until_block": null }]
 *
 * `until_block` is the first block in which the address counts no more.
 */

import { settingsIn } from '../../settings-json.ts';

/** What a contract is for us. A payer's transfers are cash of the kind that its role names. */
export type ContractRole =
  | 'exchange'
  | 'exchange_v1'
  | 'conditional_tokens'
  | 'neg_risk_adapter'
  | 'neg_risk_burn'
  | 'collateral_adapter'
  | 'pusd'
  | 'collateral'
  | 'wrapped_collateral'
  | 'migrator'
  | PayerRole;

type PayerRole =
  | 'payer_maker_rebate'
  | 'payer_taker_rebate'
  | 'payer_reward'
  | 'payer_referral_reward'
  | 'payer_yield'
  | 'payer_builder_payout'
  | 'payer_tip';

/** What cash of a payer is called on the log (`CashMoved.kind`). */
export const PAID_KINDS: Readonly<Record<PayerRole, string>> = {
  payer_maker_rebate: 'MAKER_REBATE',
  payer_taker_rebate: 'TAKER_REBATE',
  payer_reward: 'REWARD',
  payer_referral_reward: 'REFERRAL_REWARD',
  payer_yield: 'YIELD',
  payer_builder_payout: 'BUILDER_PAYOUT',
  payer_tip: 'TIP',
};

const ROLES: readonly string[] = [
  'exchange',
  'exchange_v1',
  'conditional_tokens',
  'neg_risk_adapter',
  'neg_risk_burn',
  'collateral_adapter',
  'pusd',
  'collateral',
  'wrapped_collateral',
  'migrator',
  ...Object.keys(PAID_KINDS),
];

export type ContractEntry = {
  readonly role: ContractRole;
  /** 0x and lower case. */
  readonly address: string;
  readonly fromBlock: number;
  /** Null: still in use. */
  readonly untilBlock: number | null;
};

export type ContractBook = readonly ContractEntry[];

/** The roles of the addresses in use at one block. */
export type Contracts = {
  readonly roleOf: (address: string) => ContractRole | null;
  /** Addresses in the order of the book. */
  readonly withRole: (role: ContractRole) => readonly string[];
};

const FIRST_PUSD = 84_902_320;

/** Polygon (137), from venue reference 1.5. */
export const POLYGON: ContractBook = [
  entry('exchange', '0xe111180000d2663c0091e4f400237545b87b996b', FIRST_PUSD),
  entry('exchange', '0xe2222d279d744050d28e00520010520000310f59', FIRST_PUSD),
  entry('exchange', '0xe2222d002000ba0053cef3375333610f64600036', FIRST_PUSD),
  entry('exchange_v1', '0x4bfb41d5b3570defd03c39a9a4d8de6bd8b8982e', 33_605_403),
  entry('exchange_v1', '0xc5d563a36ae78145c45a50134d48a1215220f80a', 50_505_492),
  entry('conditional_tokens', '0x4d97dcd97ec945f40cf65f87097ace5ea0476045', 4_023_686),
  entry('neg_risk_adapter', '0xd91e80cf2e7be2e162c6513ced06f1dd0da35296', 50_505_403),
  entry('neg_risk_burn', '0xa5ef39c3d3e10d0b270233af41cac69796b12966', 0),
  entry('collateral_adapter', '0xada100db00ca00073811820692005400218fce1f', FIRST_PUSD),
  entry('collateral_adapter', '0xada100874d00e3331d00f2007a9c336a65009718', FIRST_PUSD),
  entry('collateral_adapter', '0xada2005600dec949baf300f4c6120000bdb6eaab', FIRST_PUSD),
  entry('collateral_adapter', '0xada200001000ef00d07553cee7006808f895c6f1', FIRST_PUSD),
  entry('pusd', '0xc011a7e12a19f7b1f670d46f03b03f3342e82dfb', FIRST_PUSD),
  entry('collateral', '0x2791bca1f2de4661ed88a30c99a7a9449aa84174', 0),
  entry('wrapped_collateral', '0x3a3bd7bb9528e159577f7c2e685cc81a765002e2', 0),
  entry('payer_reward', '0xdd8db71ce3be8d71ff148b2163d64da181a29e8b', 0),
];

/** The book as it stood at a block. */
export function contractsAt(book: ContractBook, block: number): Contracts {
  return contractsOf(
    book.filter(
      ({ fromBlock, untilBlock }) => fromBlock <= block && (untilBlock ?? Infinity) > block,
    ),
  );
}

/** All of the book, whenever it was in use: what a reader asks a node for. */
export function contractsEver(book: ContractBook): Contracts {
  return contractsOf(book);
}

function contractsOf(used: ContractBook): Contracts {
  const roles = new Map(used.map(({ address, role }) => [address, role]));
  const addresses = new Map<ContractRole, string[]>();
  for (const { address, role } of used) {
    const list = addresses.get(role) ?? [];
    if (!list.includes(address)) addresses.set(role, [...list, address]);
  }
  return {
    roleOf: (address) => roles.get(address) ?? null,
    withRole: (role) => addresses.get(role) ?? [],
  };
}

/**
 * Whether a collateral is none of the venue's: anybody can have conditions of their own coin. A
 * list that does not name the venue's cannot tell.
 */
export function isOthersCollateral(address: string, contracts: Contracts): boolean {
  const [plain, wrapped] = (['collateral', 'wrapped_collateral'] as const).map(contracts.withRole);
  const ours = [...(plain ?? []), ...(wrapped ?? []), ...contracts.withRole('pusd')];
  return plain?.length !== 0 && wrapped?.length !== 0 && !ours.includes(address);
}

/** Reads the text of `CHAIN_CONTRACTS_FILE`: the book, or one sentence that says what is wrong. */
export function parseContracts(text: string): ContractBook | string {
  const read = settingsIn(text);
  if ('odd' in read || !Array.isArray(read.value)) {
    return 'Expected CHAIN_CONTRACTS_FILE to hold a JSON list of contracts; found something else.';
  }
  const book: ContractEntry[] = [];
  for (const [at, value] of (read.value as readonly unknown[]).entries()) {
    const one = entryIn(value);
    if (typeof one === 'string') return `Contract ${String(at + 1)}: ${one}`;
    book.push(one);
  }
  const clash = clashIn(book);
  if (clash !== null) return clash;
  const missing = (['conditional_tokens', 'pusd', 'exchange'] as const).find(
    (role) => !book.some((one) => one.role === role),
  );
  if (missing === undefined) return book;
  return `Expected at least one contract with the role ${missing}; found none.`;
}

/** An address has one role at a time: two would make one transfer two things. */
function clashIn(book: ContractBook): string | null {
  for (const [at, one] of book.entries()) {
    const other = book
      .slice(at + 1)
      .find((two) => two.address === one.address && two.role !== one.role && overlap(one, two));
    if (other !== undefined) {
      return `Expected one role at a time for ${one.address}; found ${one.role} and ${other.role}.`;
    }
  }
  return null;
}

function overlap(one: ContractEntry, two: ContractEntry): boolean {
  const ends = (entry: ContractEntry): number => entry.untilBlock ?? Infinity;
  return one.fromBlock < ends(two) && two.fromBlock < ends(one);
}

function entryIn(value: unknown): ContractEntry | string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return 'expected an object with role and address.';
  }
  const given = value as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(given).find(
    (name) => !['role', 'address', 'from_block', 'until_block'].includes(name),
  );
  if (unknown !== undefined) {
    return `expected role, address, from_block and until_block; found ${JSON.stringify(unknown)}.`;
  }
  const { role, address, from_block: from = 0, until_block: until = null } = given;
  if (!isRole(role)) {
    return `expected a role of ${ROLES.join(', ')}; found ${JSON.stringify(role)}.`;
  }
  if (typeof address !== 'string' || !/^0x[0-9a-f]{40}$/i.test(address)) {
    return `expected an address as 0x and 40 hex digits; found ${JSON.stringify(address)}.`;
  }
  if (!isBlock(from) || !(until === null || (isBlock(until) && until > from))) {
    return `expected from_block below until_block, both whole; found ${String(from)} and ${String(
      until,
    )}.`;
  }
  return { role, address: address.toLowerCase(), fromBlock: from, untilBlock: until };
}

function isRole(value: unknown): value is ContractRole {
  return typeof value === 'string' && ROLES.includes(value);
}

function isBlock(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function entry(role: ContractRole, address: string, fromBlock: number): ContractEntry {
  return { role, address, fromBlock, untilBlock: null };
}
