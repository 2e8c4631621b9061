/** Whether the newest segments of a directory are those that its writer left. */
import { dirname } from 'node:path';
import { InvalidDirectoryError, InvalidEntryHeaderError } from '../../journal/index.js';
import type { FileSystem } from '../os/file-system.js';
import { SegmentFile } from '../segment/segment-file.js';
import type { Segment } from '../segment/segment.js';
import type { CheckpointState } from './checkpoint-file.js';
import { scanSegment } from './tail-scan.js';

/**
 * Refuses a journal whose newest segment is older than the checkpoint: acknowledged entries are missing.
 * @param starts start sequences of the segments, ascending
 * @throws InvalidDirectoryError (`JOURNAL_INVALID_DIRECTORY`)
 */
export function assertNewestThere(
  checkpointPath: string,
  starts: readonly bigint[],
  bound: CheckpointState | null,
): void {
  if (bound === null || bound.lastSequence === null) return;
  const newest = starts[starts.length - 1];
  if (newest !== undefined && newest >= bound.segmentStart) return;
  throw new InvalidDirectoryError(
    dirname(checkpointPath),
    `the segment that starts at sequence ${bound.segmentStart} is missing, and with it entries up to sequence ${bound.lastSequence}, ` +
      `which were acknowledged; restore it, or delete ${checkpointPath} to continue without it`,
  );
}

/**
 * The last sequence before an empty newest segment, which orderbook-rs can leave.
 * @param segments ascending, at least one
 * @throws (rejects) InvalidEntryHeaderError (`JOURNAL_INVALID_ENTRY_HEADER`) if the previous segment ends
 * earlier
 */
export async function lastSequenceBefore(
  files: FileSystem,
  segments: readonly Segment[],
): Promise<bigint | null> {
  const newest = segments[segments.length - 1] as Segment;
  const previous = segments[segments.length - 2];
  if (previous === undefined) return newest.startSequence === 0n ? null : newest.startSequence - 1n;
  const file = SegmentFile.openForReading(files, previous.path);
  try {
    const scan = await scanSegment(file, previous.promisedFirst, previous.index);
    const last = scan.lastSequence;
    if (last !== null && last + 1n === newest.startSequence) return last;
    throw new InvalidEntryHeaderError(
      { segment: previous.name, offset: scan.endOffset, sequence: last === null ? null : last + 1n },
      `${scan.end.clean ? 'the data ends here' : scan.end.reason}, but the next segment starts at sequence ${newest.startSequence}`,
    );
  } finally {
    file.close();
  }
}
