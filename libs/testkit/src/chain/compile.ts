/**
 * Our own test contracts, compiled when tests start. No bytecode is committed: it is kept under
 * .local by the hash of its source.
 */

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { repositoryRoot } from '@polytraders/infra/stack';

const SOLC = '0.8.37';
const folder = join(repositoryRoot, '.local', 'contracts');

export type ContractName = 'Actor' | 'CashToken';

type Output = {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly contracts?: Readonly<
    Record<string, Readonly<Record<string, { readonly evm: Evm }>> | undefined>
  >;
};
type Evm = { readonly deployedBytecode: { readonly object: string } };

/** The code of a contract as it stands at its address: 0x and hex digits. */
export function runtimeCode(name: ContractName): string {
  const source = readFileSync(new URL(`contracts/${name}.sol`, import.meta.url), 'utf8');
  const hash = createHash('sha256').update(`${SOLC}\n${source}`).digest('hex').slice(0, 32);
  const kept = join(folder, `${name}-${hash}.hex`);
  if (existsSync(kept)) return readFileSync(kept, 'utf8');
  const code = compiled(name, source);
  mkdirSync(folder, { recursive: true });
  // Several workers of a test run compile at once: each puts a whole file there.
  const made = `${kept}.${String(process.pid)}`;
  writeFileSync(made, code);
  renameSync(made, kept);
  return code;
}

/** The real ConditionalTokens, from its own package. */
export function conditionalTokensCode(): string {
  const read = createRequire(import.meta.url);
  const built = read(
    '@gnosis.pm/conditional-tokens-contracts/build/contracts/ConditionalTokens.json',
  ) as {
    readonly deployedBytecode: string;
  };
  return built.deployedBytecode;
}

function compiled(name: ContractName, source: string): string {
  const solc = createRequire(import.meta.url)('solc') as { compile: (input: string) => string };
  const input = {
    language: 'Solidity',
    sources: { [`${name}.sol`]: { content: source } },
    settings: {
      evmVersion: 'paris',
      optimizer: { enabled: true, runs: 200 },
      outputSelection: { '*': { '*': ['evm.deployedBytecode.object'] } },
    },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input))) as Output;
  const faults = (output.errors ?? []).filter((one) => one.severity === 'error');
  const code = output.contracts?.[`${name}.sol`]?.[name]?.evm.deployedBytecode.object;
  if (faults.length > 0 || code === undefined) {
    throw new Error(
      `Expected ${name}.sol to compile; found: ` +
        faults.map((one) => one.formattedMessage).join('\n'),
    );
  }
  return `0x${code}`;
}
