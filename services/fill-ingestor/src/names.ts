/**
 * Whose and which a refused input is, as far as it says so itself: an operator looks refusals up by
 * account, fill and order. The names are as read, judged by nobody, and only those that Avro,
 * Postgres and Kafka can carry.
 */

import { type Draft, type RefusalNames } from './draft.ts';
import { whyNotText } from './door.ts';
import { lower, said } from './fields.ts';
import { type RawFillInput } from './raw.ts';
import { walletOfRow } from './rows.ts';

/** The names in a raw input, or in what was read of it before its bounds refused it. */
export function namesOf(raw: RawFillInput, read: Draft): RefusalNames {
  const { account, fillId, orderId } = read.kind === 'refusal' ? namesIn(raw) : namesOfDraft(read);
  return { account: carried(account), fillId: carried(fillId), orderId: carried(orderId) };
}

/** The names of what was read. */
export function namesOfDraft(draft: Exclude<Draft, { readonly kind: 'refusal' }>): RefusalNames {
  const { account } = draft;
  if (draft.kind === 'movement' || draft.kind === 'command') return { ...NAMELESS, account };
  const { orderId } = draft;
  return { account, fillId: draft.kind === 'fill' ? draft.fillId : null, orderId };
}

function namesIn(raw: RawFillInput): RefusalNames {
  switch (raw.format) {
    case 'execution': {
      const { fields, terms } = raw;
      const account = lower(fields['account']) ?? terms?.account ?? null;
      return { account, fillId: said(fields['fill_id']), orderId: said(fields['order_id']) };
    }
    case 'command':
      return { ...NAMELESS, account: said(raw.fields['account']) };
    case 'movement': {
      const { account } = raw.value;
      return { ...NAMELESS, account: typeof account === 'string' ? account.toLowerCase() : null };
    }
    case 'order-filled':
      return { ...NAMELESS, account: raw.terms?.account ?? null };
    case 'unusable':
      return { ...NAMELESS, account: raw.account ?? null };
    default: {
      const account = walletOfRow(raw.format, raw.fields, raw.terms.account);
      return { ...NAMELESS, account };
    }
  }
}

const NAMELESS: RefusalNames = { account: null, fillId: null, orderId: null };

function carried(name: string | null): string | null {
  return name === null || whyNotText(name) !== null ? null : name;
}
