import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { assignEvenly, type GroupMember } from './assignment.ts';

const topics = new Map([
  ['fills', 12],
  ['reports', 12],
]);

const members = fc.uniqueArray(
  fc.record({
    id: fc.string({ minLength: 1, maxLength: 4 }),
    ownedIn: fc.integer({ min: -1, max: 5 }),
    owned: fc.array(fc.record({ topic: fc.constant('fills'), partition: fc.nat(15) })),
  }),
  { minLength: 1, maxLength: 15, selector: (member) => member.id },
);

function numbersOf(
  share: readonly { readonly topic: string; readonly partition: number }[],
): number[] {
  return share.filter(({ topic }) => topic === 'fills').map(({ partition }) => partition);
}

/** The members as they come back in the next generation, each with what it was given. */
function after(assignment: ReturnType<typeof assignEvenly>, ownedIn: number): GroupMember[] {
  return [...assignment].map(([id, owned]) => ({ id, ownedIn, owned }));
}

describe('the assignment', () => {
  test('gives each partition to exactly one member, and no one two more than another', () => {
    fc.assert(
      fc.property(members, (group) => {
        const assignment = assignEvenly(group, topics);
        expect([...assignment.keys()].sort()).toEqual(group.map(({ id }) => id).sort());
        const all = [...assignment.values()]
          .flat()
          .map((each) => `${each.topic}/${each.partition}`);
        expect(all.length).toBe(24);
        expect(new Set(all).size).toBe(24);
        const sizes = [...assignment.values()].map((share) => share.length / 2);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('keeps partitions of one number together across topics', () => {
    fc.assert(
      fc.property(members, (group) => {
        for (const share of assignEvenly(group, topics).values()) {
          const reports = share.filter(({ topic }) => topic === 'reports');
          expect(reports.map(({ partition }) => partition)).toEqual(numbersOf(share));
        }
      }),
    );
  });

  test('moves nothing when the same members come back, in whatever order', () => {
    fc.assert(
      fc.property(members, fc.boolean(), (group, reversed) => {
        const first = assignEvenly(group, topics);
        const again = after(first, 6);
        const second = assignEvenly(reversed ? again.reverse() : again, topics);
        expect(new Map([...second].sort())).toEqual(new Map([...first].sort()));
      }),
    );
  });

  test('moves only the partitions of a member that left', () => {
    fc.assert(
      fc.property(
        members.filter((group) => group.length > 1),
        (group) => {
          const first = assignEvenly(group, topics);
          const [, ...staying] = after(first, 6);
          const second = assignEvenly(staying, topics);
          for (const { id, owned } of staying) {
            expect(numbersOf(second.get(id) ?? [])).toEqual(
              expect.arrayContaining(numbersOf(owned)),
            );
          }
        },
      ),
    );
  });
});

describe('two claims to one partition', () => {
  test('are decided for the later generation', () => {
    const owned = [{ topic: 'fills', partition: 0 }];
    const group = [
      { id: 'a', ownedIn: 3, owned },
      { id: 'b', ownedIn: 4, owned },
    ];
    const assignment = assignEvenly(group, new Map([['fills', 2]]));
    expect(numbersOf(assignment.get('b') ?? [])).toEqual([0]);
    expect(numbersOf(assignment.get('a') ?? [])).toEqual([1]);
  });
});
