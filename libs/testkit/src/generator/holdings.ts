/**
 * What the desk may still sell while the day is being made up: the venue knows no shorts, so a
 * wallet never offers more of a token than it has confirmed and not yet offered. A single bot may
 * well sell what another bot of the same wallet bought. These are plans, not books; the accounting
 * of the day (expectation.ts) reads only the messages.
 */

export type Holdings = {
  readonly free: (account: string, token: string) => bigint;
  /** What the bot itself has bought and not sold; negative where it sold what others bought. */
  readonly ofBot: (account: string, bot: string, token: string) => bigint;
  /** Tokens of which the bot has something left to sell, in the order of first purchase. */
  readonly tokensOf: (account: string, bot: string) => readonly string[];
  readonly move: (account: string, bot: string, token: string, quantity: bigint) => void;
};

export function holdingsOf(): Holdings {
  const wallets = new Map<string, bigint>();
  const books = new Map<string, Map<string, bigint>>();
  const free = (account: string, token: string): bigint => wallets.get(`${account}|${token}`) ?? 0n;
  const ofBot = (account: string, bot: string, token: string): bigint =>
    books.get(`${account}|${bot}`)?.get(token) ?? 0n;
  return {
    free,
    ofBot,
    tokensOf: (account, bot) => {
      const book = books.get(`${account}|${bot}`);
      return book === undefined
        ? []
        : [...book].filter(([, left]) => left > 0n).map(([token]) => token);
    },
    move: (account, bot, token, quantity) => {
      wallets.set(`${account}|${token}`, free(account, token) + quantity);
      const book = books.get(`${account}|${bot}`) ?? new Map<string, bigint>();
      book.set(token, (book.get(token) ?? 0n) + quantity);
      books.set(`${account}|${bot}`, book);
    },
  };
}
