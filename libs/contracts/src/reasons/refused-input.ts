/** Reason codes of input that cannot be used. */

import { type ReasonCode } from './reason.ts';

/** Input refusals: the input stays in quarantine with its bytes, never on the log (B18). */
export const INPUT_CODES = [
  {
    code: 'INCOMPLETE_INPUT',
    severity: 'HARD_REJECT',
    meaning: 'The input lacks something that its kind needs, and no other source knows it.',
    action: 'Set aside with its bytes; complete it at the source and send it again.',
    userMessage: '',
  },
  {
    code: 'INVALID_INPUT',
    severity: 'HARD_REJECT',
    meaning: 'A field of the input has a value that it may not have.',
    action: 'Set aside with its bytes; mend it at the source and send it again.',
    userMessage: '',
  },
  {
    code: 'UNDECODABLE_INPUT',
    severity: 'HARD_REJECT',
    meaning:
      'The bytes do not decode under their writer schema, or the text is not what the reader ' +
      'expects.',
    action: 'Set aside with its bytes; find out who wrote it.',
    userMessage: '',
  },
  {
    code: 'AMOUNT_TOO_FINE',
    severity: 'HARD_REJECT',
    meaning:
      'An amount has more than six decimals and lies further than a billionth from the ' +
      'nearest micro.',
    action: 'Set aside with its bytes; mend it at the source and send it again.',
    userMessage: '',
  },
  {
    code: 'PRICE_OUT_OF_RANGE',
    severity: 'HARD_REJECT',
    meaning: 'A price on the bus or in a file lies outside (0, 1].',
    action: 'Set aside with its bytes; mend it at the source and send it again.',
    userMessage: '',
  },
  {
    code: 'QUANTITY_NOT_POSITIVE',
    severity: 'HARD_REJECT',
    meaning: 'A quantity on the bus or in a file is zero or negative.',
    action: 'Set aside with its bytes; mend it at the source and send it again.',
    userMessage: '',
  },
  {
    code: 'GOV_FILL_CONFLICT',
    severity: 'HARD_REJECT',
    meaning: 'A fill arrives under a known id with other content.',
    action: 'Both are kept in quarantine; an operator decides which one is true.',
    userMessage: '',
  },
  {
    code: 'GOV_FILL_STATUS_CONFLICT',
    severity: 'HARD_REJECT',
    meaning:
      'CONFIRMED after FAILED, or FAILED after CONFIRMED: one of the sources is wrong about money.',
    action: 'Kept in quarantine, the account is marked incomplete; an operator decides.',
    userMessage: '',
  },
  {
    code: 'GOV_ORDER_CONFLICT',
    severity: 'HARD_REJECT',
    meaning:
      'An order arrives under a known id with other content, or with the hash of another order.',
    action: 'Both are kept in quarantine; an operator decides which one is true.',
    userMessage: '',
  },
  {
    code: 'GOV_MOVEMENT_UNCLASSIFIED',
    severity: 'HARD_REJECT',
    meaning:
      'Shares or pUSD of a wallet moved in a transaction in a way that is no match, no action on ' +
      'positions and no transfer that is known.',
    action:
      'Kept with its raw logs; the detail says what moved. Look the transaction up, and complete ' +
      'CHAIN_CONTRACTS_FILE where a contract is missing in it.',
    userMessage: '',
  },
  {
    code: 'GOV_TOKEN_FOREIGN',
    severity: 'WARN',
    meaning:
      'Shares of a token that the ledger does not know came to a wallet or left it. Anybody can ' +
      'make such tokens and send them.',
    action:
      'Kept in ingest.foreign_transfer, booked nowhere, no account in doubt; told once the token ' +
      'is defined, ordered, held or traded.',
    userMessage: '',
  },
  {
    code: 'GOV_MOVEMENT_CONFLICT',
    severity: 'HARD_REJECT',
    meaning:
      'A split, merge, conversion, redemption, transfer or cash movement is told again with ' +
      'other amounts or tokens than those on the log.',
    action: 'Both are kept in quarantine, the account is marked incomplete; an operator decides.',
    userMessage: '',
  },
  {
    code: 'GOV_RESOLUTION_CONFLICT',
    severity: 'HARD_REJECT',
    meaning: 'A condition that is resolved on the log is told to be resolved otherwise.',
    action: 'The first one stands; find out which node is wrong.',
    userMessage: '',
  },
  {
    code: 'GOV_COMMAND_REFUSED',
    severity: 'HARD_REJECT',
    meaning:
      'A command asks for something that may not be done, or is not approved by the right person.',
    action: 'Nothing was changed; the detail says what to do.',
    userMessage: '',
  },
] as const satisfies readonly ReasonCode[];
