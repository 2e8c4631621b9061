/** Command ids whose entry was not stored. */
import { describe, expect, it } from '@jest/globals';
import { InMemoryJournal } from '../../src/in-memory-journal/index.js';
import { SequencerEvent } from '../../src/journal/index.js';
import { CommandIds } from '../../src/sequencer/command-ids.js';
import { CommandIdWindow } from '../../src/sequencer/command-id-window.js';
import { CommitQueue, SequencerClock, createEventConversion } from '../../src/sequencer/index.js';
import { jsonCodec } from '../../src/serialization/index.js';
import { RepeatedCommands } from '../../src/sequencer/repeated-commands.js';
import { openFaultyJournal } from '../support/faulty-journal.js';

const eventOf = (commandId: string) =>
  new SequencerEvent({ sequenceNum: 0n, timestampNs: 1n, command: 'go', result: null, commandId });

function idsOf(queue: CommitQueue): CommandIds<unknown, unknown> {
  return new CommandIds(queue, createEventConversion(jsonCodec()), { storesCommandIds: true });
}

describe('an id', () => {
  it('of an external event that was not stored is free again', async () => {
    const journal = await openFaultyJournal();
    const queue = new CommitQueue(journal, new SequencerClock(), 0n);
    const ids = idsOf(queue);
    await ids.load();
    journal.fault = 'no-space';
    const event = eventOf('x');
    const { accepted, acknowledged } = queue.commit(event);
    expect(accepted).toBe(true);
    ids.recordCommitted(0n, 'x');
    ids.recordExternal(event, 'x', 'go', acknowledged);
    const named = ids.name('go', { commandId: 'x' });
    expect(ids.pendingAnswerOf(named)).not.toBeNull();
    await expect(acknowledged).rejects.toMatchObject({ code: 'JOURNAL_IO' });
    expect(ids.pendingAnswerOf(named)).toBeNull();
    expect(ids.answerOf(named, { answer: Promise.resolve(event) }, 1n)).toBeNull();
  });

  it('whose sequence holds another event is unknown, and that event is not its answer', async () => {
    const journal = await InMemoryJournal.open({ initialEntries: [eventOf('y')] });
    const window = new CommandIdWindow(journal, 10);
    await window.load();
    window.recordCommitted(0n, 'x');
    const known = new RepeatedCommands(journal, window);
    const find = (id: string) =>
      known.journaledAnswerOf({ id, toStore: 'go', stored: () => 'go', isSame: () => true }, 1n);
    expect(find('x')).toBeNull();
    expect(window.find('x', 1n)).toBeNull();
    expect(find('y')?.commandId).toBe('y');
  });
});
