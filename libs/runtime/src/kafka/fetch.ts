/** One Fetch request and its answer, by topic id, so that a topic made anew is not the old one. */
import { type Api, type Lane } from './lane.ts';
import { type AbortedTransaction } from './aborted.ts';

export const FETCH: Api = { key: 1, version: 13, name: 'Fetch', flexible: true };

/** Added to the broker's wait for the answer's own time limit. */
const ANSWER_MARGIN_MS = 30_000;

export type FetchTarget = {
  readonly topicId: string;
  readonly partition: number;
  readonly leaderEpoch: number;
  readonly offset: number;
  readonly maxBytes: number;
};

export type FetchLimits = {
  readonly readCommitted: boolean;
  readonly maxWaitMs: number;
  readonly minBytes: number;
  readonly maxBytes: number;
};

export type FetchedPartition = {
  readonly topicId: string;
  readonly partition: number;
  readonly error: number;
  readonly highWatermark: number;
  readonly lastStable: number;
  readonly logStart: number;
  readonly aborted: readonly AbortedTransaction[];
  readonly recordSet: Buffer;
};

export type FetchAnswer = {
  readonly error: number;
  readonly partitions: readonly FetchedPartition[];
};

/** Asks for partitions that one broker leads; the broker fills them in the given order. */
export async function fetchFrom(
  lane: Lane,
  targets: readonly FetchTarget[],
  limits: FetchLimits,
): Promise<FetchAnswer> {
  const runs = runsOfOneTopic(targets);
  const answer = await lane.call(
    FETCH,
    (writer) => {
      writer.int32(-1).int32(limits.maxWaitMs).int32(limits.minBytes).int32(limits.maxBytes);
      writer
        .int8(limits.readCommitted ? 1 : 0)
        .int32(0)
        .int32(-1);
      writer.compactArray(runs, (run) => {
        writer.raw(Buffer.from(run[0]?.topicId ?? '', 'hex'));
        writer.compactArray(run, (target) => {
          writer.int32(target.partition).int32(target.leaderEpoch).int64(target.offset);
          writer.int32(-1).int64(-1).int32(target.maxBytes).noTags();
        });
        writer.noTags();
      });
      writer.compactArray([], () => undefined);
      writer.compactString('').noTags();
    },
    { timeoutMs: limits.maxWaitMs + ANSWER_MARGIN_MS, sizeHint: 128 + targets.length * 48 },
  );
  lane.throttle(answer.int32());
  const error = answer.int16();
  answer.int32();
  const partitions = answer.compactArray(() => {
    const topicId = answer.uuid();
    const ofTopic = answer.compactArray((): FetchedPartition => {
      const partition = answer.int32();
      const code = answer.int16();
      const highWatermark = answer.int64();
      const lastStable = answer.int64();
      const logStart = answer.int64();
      const aborted = answer.compactArray(() => {
        const entry = { producerId: answer.int64(), firstOffset: answer.int64() };
        answer.skipTags();
        return entry;
      });
      answer.int32();
      const recordSet = answer.compactBytes();
      answer.skipTags();
      const position = { highWatermark, lastStable, logStart };
      return { topicId, partition, error: code, ...position, aborted, recordSet };
    });
    answer.skipTags();
    return ofTopic;
  });
  return { error, partitions: partitions.flat() };
}

/** Neighbours of one topic share an entry; the order between partitions is kept. */
function runsOfOneTopic(targets: readonly FetchTarget[]): FetchTarget[][] {
  const runs: FetchTarget[][] = [];
  for (const target of targets) {
    const last = runs.at(-1);
    if (last?.[0]?.topicId === target.topicId) last.push(target);
    else runs.push([target]);
  }
  return runs;
}
