import { describe, expect, it } from '@jest/globals';
import { InMemoryJournal } from '../../../src/in-memory-journal/index.js';
import { SequencerEvent, type Journal } from '../../../src/journal/index.js';
import { JournalFaults, defineJournalConformance } from '../../../src/testing/index.js';
import { inMemoryHarness } from '../in-memory-harness.js';

const eventAt = (sequenceNum: number) =>
  new SequencerEvent({ sequenceNum, timestampNs: sequenceNum, command: { Add: sequenceNum }, result: null });

async function open(count = 0): Promise<{ faults: JournalFaults; inner: Journal; journal: Journal }> {
  const faults = new JournalFaults();
  const inner: Journal = await InMemoryJournal.open({
    initialEntries: Array.from({ length: count }, (_, i) => eventAt(i)),
  });
  return { faults, inner, journal: faults.wrap(inner) };
}

const sequences = (journal: Journal) =>
  Array.from(journal.readFrom(0), ({ sequenceNum }) => Number(sequenceNum));
const code = (code: string, fields: object = {}) => expect.objectContaining({ code, ...fields });

defineJournalConformance(
  { describe, it },
  inMemoryHarness('a journal without an armed fault', async (options) =>
    new JournalFaults().wrap(await InMemoryJournal.open(options)),
  ),
);

describe('a held journal that is released at once', () => {
  it('stores in order, and takes sequences when append is called', async () => {
    const { faults, journal } = await open();
    faults.hold();
    const appends = [0, 1, 2].map((sequence) => journal.append(eventAt(sequence)));
    expect(journal.nextSequence).toBe(3n);
    await expect(journal.append(eventAt(5))).rejects.toEqual(
      code('JOURNAL_SEQUENCE_CONFLICT', { expected: 3n }),
    );
    expect(sequences(journal)).toEqual([]);
    let isFlushed = false;
    const flushed = journal.flush().then(() => (isFlushed = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isFlushed).toBe(false);
    faults.release();
    await Promise.all([...appends, flushed]);
    expect(sequences(journal)).toEqual([0, 1, 2]);
    await journal.append(eventAt(3));
    expect(journal.lastSequence).toBe(3n);
  });

  it('rejects pending appends when it is poisoned', async () => {
    const { faults, journal } = await open();
    faults.hold();
    const append = journal.append(eventAt(0));
    journal.poison(new Error('stop'));
    await expect(append).rejects.toEqual(code('JOURNAL_POISONED', { outcome: 'not-written' }));
    faults.release();
    await journal.close();
  });
});

describe('armed faults', () => {
  it('refuse the next appends before anything is written; then the journal continues', async () => {
    const { faults, journal } = await open(1);
    faults.refuseNextAppends(2);
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const append = journal.append(eventAt(1));
      expect(journal.nextSequence).toBe(2n);
      await expect(append).rejects.toEqual(code('JOURNAL_IO', { osCode: 'ENOSPC', outcome: 'not-written' }));
      expect([journal.state, journal.nextSequence, sequences(journal)]).toEqual(['open', 1n, [0]]);
    }
    await journal.append(eventAt(1));
    expect(sequences(journal)).toEqual([0, 1]);
  });

  it('also refuse appends that were accepted after a refused one', async () => {
    const { faults, journal } = await open();
    faults.refuseNextAppends(1);
    const settled = await Promise.allSettled([journal.append(eventAt(0)), journal.append(eventAt(1))]);
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(sequences(journal)).toEqual([]);
  });

  it('refuse appends while the disk is full', async () => {
    const { faults, journal } = await open();
    faults.diskFull();
    await expect(journal.append(eventAt(0))).rejects.toEqual(code('JOURNAL_IO', { operation: 'fallocate' }));
    await expect(journal.appendBatch([eventAt(0), eventAt(1)])).rejects.toEqual(code('JOURNAL_IO'));
    faults.freeDisk();
    await journal.appendBatch([eventAt(0), eventAt(1)]);
    expect(sequences(journal)).toEqual([0, 1]);
  });

  it.each([
    [true, [0, 1]],
    [false, [0]],
  ])('fail a write with unknown outcome; stored: %s', async (stored, afterRestart) => {
    const { faults, inner, journal } = await open(1);
    const heard: unknown[] = [];
    journal.onPoisoned((failure) => heard.push(failure.code));
    faults.failNextWrite({ stored });
    const failed = journal.append(eventAt(1));
    const behind = journal.append(eventAt(2));
    await expect(failed).rejects.toEqual(
      code('JOURNAL_POISONED', { outcome: 'unknown', cause: code('JOURNAL_IO', { osCode: 'EIO' }) }),
    );
    await expect(behind).rejects.toEqual(code('JOURNAL_POISONED', { outcome: 'not-written' }));
    await expect(journal.append(eventAt(1))).rejects.toEqual(code('JOURNAL_POISONED'));
    expect(heard).toEqual(['JOURNAL_POISONED']);
    expect([journal.state, journal.lastSequence, journal.durableSequence]).toEqual(['poisoned', 0n, 0n]);
    expect(journal.nextSequence).toBe(1n);
    expect(sequences(journal)).toEqual([0]);
    expect(sequences(inner)).toEqual(afterRestart);
  });

  it('poison at a sequence', async () => {
    const { faults, journal } = await open();
    const cause = new Error('the cable');
    faults.poisonAt(2, { cause });
    await journal.append(eventAt(0));
    await journal.append(eventAt(1));
    await expect(journal.append(eventAt(2))).rejects.toEqual(
      code('JOURNAL_POISONED', { outcome: 'unknown', cause }),
    );
    expect(journal.failure?.cause).toBe(cause);
  });

  it('corrupt an entry, for every reader', async () => {
    const { faults, journal } = await open(4);
    faults.corruptEntry(2);
    expect(() => sequences(journal)).toThrow(
      code('JOURNAL_CORRUPT_ENTRY', { sequence: 2n, segment: 'memory' }),
    );
    const seen: unknown[] = [];
    const entries = [...journal.readFrom(1, { limit: 2, onCorrupt: (error) => seen.push(error.code) })];
    expect(entries.map(({ sequenceNum }) => sequenceNum)).toEqual([1n, 3n]);
    expect(seen).toEqual(['JOURNAL_CORRUPT_ENTRY']);
    const subscription = journal.subscribe({ from: 2 });
    await expect(subscription.next()).rejects.toEqual(code('JOURNAL_CORRUPT_ENTRY'));
    expect(await journal.verifyIntegrity()).toMatchObject({
      ok: false,
      entries: 3n,
      errors: [{ kind: 'crc', sequence: 2n }],
    });
    faults.reset();
    expect(sequences(journal)).toEqual([0, 1, 2, 3]);
  });
});
