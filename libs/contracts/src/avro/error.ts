/**
 * The one error of this package: a value or a body that does not keep to its schema. On the way in
 * it means that the bytes are not usable (quarantine); on the way out it is a mistake of ours.
 */

export type ContractErrorCode =
  /** Bytes that do not decode under their writer schema: truncated, trailing, malformed. */
  | 'UNDECODABLE'
  /** A value that the schema's type, its closed set or its precision does not allow. */
  | 'NOT_ALLOWED'
  /** A schema that this package cannot use: unknown record, or not resolvable to ours. */
  | 'SCHEMA';

export class ContractError extends Error {
  readonly code: ContractErrorCode;

  constructor(code: ContractErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.name = 'ContractError';
    this.code = code;
  }
}
