/**
 * Who works on which partitions: evenly, the same for the same members, and with as few moves as
 * that allows. Partitions of the same number in several topics stay together, for processors
 * that join topics keyed alike.
 *
 * Example: members a {0, 1, 2, 3} and b {}, four partitions: a keeps 0 and 1, b gets 2 and 3.
 */
import { type TopicPartition } from './port.ts';

export type GroupMember = {
  readonly id: string;
  /** What the member worked on last, and in which generation it was told so. */
  readonly ownedIn: number;
  readonly owned: readonly TopicPartition[];
};

/** Assigns all partitions of the topics. `counts` maps each topic to its partition count. */
export function assignEvenly(
  members: readonly GroupMember[],
  counts: ReadonlyMap<string, number>,
): Map<string, TopicPartition[]> {
  const numbers = Math.max(0, ...counts.values());
  const claims = claimsOf(members, numbers);
  const sorted = members
    .map((member) => ({ id: member.id, keeps: claims.get(member.id) ?? [] }))
    .sort((a, b) => b.keeps.length - a.keeps.length || (a.id < b.id ? -1 : 1));
  const base = Math.floor(numbers / Math.max(1, sorted.length));
  const withOneMore = numbers - base * sorted.length;
  const shares = new Map<string, number[]>();
  const taken = new Set<number>();
  sorted.forEach(({ id, keeps }, index) => {
    const share = keeps.slice(0, base + (index < withOneMore ? 1 : 0));
    for (const number of share) taken.add(number);
    shares.set(id, share);
  });
  const free = Array.from({ length: numbers }, (_, number) => number).filter(
    (number) => !taken.has(number),
  );
  sorted.forEach(({ id }, index) => {
    const share = shares.get(id) ?? [];
    const capacity = base + (index < withOneMore ? 1 : 0);
    share.push(...free.splice(0, capacity - share.length));
  });
  return new Map([...shares].map(([id, share]) => [id, partitionsOf(share, counts)]));
}

/** Partition numbers by their last owner; of two claims the one of the later generation holds. */
function claimsOf(members: readonly GroupMember[], numbers: number): Map<string, number[]> {
  const byNumber = new Map<number, { id: string; generation: number }>();
  for (const { id, ownedIn, owned } of members) {
    for (const { partition } of owned) {
      const rival = byNumber.get(partition);
      const stronger =
        rival === undefined ||
        ownedIn > rival.generation ||
        (ownedIn === rival.generation && id < rival.id);
      if (partition < numbers && stronger) byNumber.set(partition, { id, generation: ownedIn });
    }
  }
  const claims = new Map<string, number[]>();
  for (const [number, { id }] of [...byNumber].sort(([a], [b]) => a - b)) {
    const claim = claims.get(id);
    if (claim === undefined) claims.set(id, [number]);
    else claim.push(number);
  }
  return claims;
}

function partitionsOf(
  share: readonly number[],
  counts: ReadonlyMap<string, number>,
): TopicPartition[] {
  const ordered = [...share].sort((a, b) => a - b);
  return [...counts.keys()].sort().flatMap((topic) => {
    const count = counts.get(topic) ?? 0;
    const numbers = ordered.filter((partition) => partition < count);
    return numbers.map((partition) => ({ topic, partition }));
  });
}
