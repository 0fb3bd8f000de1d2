/** The front door of fill-ingestor: the writer and what its readers hand to it. */

export {
  type AccountDeclaration,
  type Accounts,
  type AccountsError,
  parseAccounts,
} from './accounts.ts';
export {
  eventOfRow,
  type InboxEvent,
  type InboxRow,
  type InputSource,
  type RawFormat,
} from './inbox-event.ts';
export { createWriter, INBOX } from './processor.ts';
export { type RawInput } from './raw.ts';
export {
  type FileInput,
  type ImportRequest,
  type Inspection,
  inputsOf,
  inspectFile,
} from './sources/file/import.ts';
export { wholeConversion } from './writer/conversion.ts';
