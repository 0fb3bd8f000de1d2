/** The record of a movement: what its source and the writer know of it, in an envelope. */

import { type Records } from '@polytraders/contracts';
import { type MovementDraft } from '../draft.ts';
import { type InboxEvent } from '../inbox-event.ts';
import { type MovementType } from '../raw.ts';
import { type Entry, ledgerEntry } from './entry.ts';
import { envelopeOf } from './envelope.ts';
import { placeIn } from './movement-content.ts';
import { type QuarantineReason } from './quarantine.ts';

/** A movement of which nothing is open any more. */
export type WholeValue = {
  readonly [Type in MovementType]: {
    readonly type: Type;
    readonly value: Omit<
      Records[Type],
      keyof ReturnType<typeof envelopeOf> | 'source' | 'source_position' | 'job_id'
    >;
  };
}[MovementType];

/**
 * The entry that books a movement. Its id derives from the movement, not from who told it; `reason`
 * is what it is reported by although it is booked.
 */
export function movementEntry(
  event: InboxEvent,
  draft: MovementDraft,
  movement: WholeValue,
  jobId: string | null,
  reason: QuarantineReason | null = null,
): Entry {
  const txHash = movement.value.tx_hash ?? '';
  const envelope = envelopeOf(event, {
    identity: [movement.type, txHash, draft.account, placeIn(movement)],
    correlationId: jobId ?? txHash,
    effectiveAt: draft.effectiveAt,
  });
  const { source, sourcePosition } = event;
  const place = { key: draft.account, fillId: null, sourcePosition, reasonCode: reason };
  const added = { ...envelope, source, source_position: sourcePosition };
  if (movement.type === 'CashMoved') {
    return ledgerEntry('CashMoved', { ...movement.value, ...added }, place);
  }
  const value = { ...movement.value, ...added, job_id: jobId } as Records[typeof movement.type];
  return ledgerEntry(movement.type, value, place);
}
