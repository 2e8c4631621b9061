import { JournalLockedError } from '../../journal/index.js';
import { delay, monotonicMs } from '../../common/index.js';
import type { SegmentDirectory } from '../segment/segment-directory.js';
import { lockHolder } from './lock-holder.js';

const RETRY_MS = 20;

/**
 * Allows one writer per directory. Waits while another journal holds the lock: a process that is shutting
 * down releases it soon.
 * @throws (rejects) JournalLockedError (`JOURNAL_LOCKED`) after `timeoutMs`
 */
export async function lockDirectory(directory: SegmentDirectory, timeoutMs: number): Promise<void> {
  const startedMs = monotonicMs();
  while (!directory.tryLock()) {
    const waitedMs = monotonicMs() - startedMs;
    if (waitedMs >= timeoutMs) throw lockedError(directory.path, Math.round(waitedMs));
    await delay(Math.min(RETRY_MS, timeoutMs - waitedMs));
  }
}

function lockedError(path: string, waitedMs: number): JournalLockedError {
  const holder = lockHolder(path);
  return new JournalLockedError(path, waitedMs, holder === 'unknown' ? null : (holder?.pid ?? null));
}
