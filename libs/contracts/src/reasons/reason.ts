/** What the registry says about a code. */

export type Severity = 'INFO' | 'WARN' | 'HARD_REJECT';

export type ReasonCode = {
  readonly code: string;
  readonly severity: Severity;
  readonly meaning: string;
  readonly action: string;
  /** What users are told; empty where they are told nothing. */
  readonly userMessage: string;
};

export type UserExplanation = { readonly situation: string; readonly message: string };
