/** One thing the doctor looked at. */

export type Finding = {
  readonly what: string;
  readonly state: 'well' | 'ill' | 'note';
  readonly found: string;
  /** What to do about it; only where it is ill. */
  readonly mend?: string;
};

export const well = (what: string, found: string): Finding => ({ what, state: 'well', found });
export const note = (what: string, found: string): Finding => ({ what, state: 'note', found });

export function ill(what: string, found: string, mend: string): Finding {
  return { what, state: 'ill', found, mend };
}
