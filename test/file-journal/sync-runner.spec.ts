import { describe, expect, it } from '@jest/globals';
import { JournalPoisonedError } from '../../src/journal/index.js';
import { JournalState } from '../../src/file-journal/write/journal-state.js';
import type { SegmentWriter } from '../../src/file-journal/write/segment-writer.js';
import { SyncRunner } from '../../src/file-journal/write/sync-runner.js';

/** A writer whose syncs a test ends one by one. */
class ManualWriter {
  readonly pending: { resolve: () => void; reject: (error: Error) => void }[] = [];
  started = 0;

  sync(): Promise<void> {
    this.started += 1;
    return new Promise((resolve, reject) => this.pending.push({ resolve, reject }));
  }
}

function controlled(): { writer: ManualWriter; syncs: SyncRunner } {
  const writer = new ManualWriter();
  const state = new JournalState({ segments: [], endOffset: 0, firstSequence: null, lastSequence: null });
  const syncs = new SyncRunner(writer as unknown as SegmentWriter, state, 10, {
    onDurable: () => undefined,
    onFailure: (error) => void state.fail(new JournalPoisonedError(error)),
  });
  syncs.noteWritten(100);
  return { writer, syncs };
}

/** Lets every promise settle that can. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

describe('the syncs of a journal', () => {
  it('run one at a time, however many callers are pending', async () => {
    const { writer, syncs } = controlled();
    const all = [syncs.sync(false), syncs.sync(false), syncs.syncWritten(), syncs.sync(false)];
    for (let ended = 0; ended < all.length; ended += 1) {
      await settle();
      expect({ ended, started: writer.started }).toEqual({ ended, started: ended + 1 });
      writer.pending[ended]?.resolve();
    }
    await Promise.all(all);
  });

  it('end with the first failure: no pending caller starts another one', async () => {
    const { writer, syncs } = controlled();
    const all = [syncs.sync(false), syncs.syncWritten(), syncs.sync(false)];
    await settle();
    writer.pending[0]?.reject(new Error('EIO'));
    const results = await Promise.allSettled(all);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(writer.started).toBe(1);
  });
});
