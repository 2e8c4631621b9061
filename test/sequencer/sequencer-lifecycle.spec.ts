/** The transitions of a Sequencer's state, one by one. */
import { describe, expect, it } from '@jest/globals';
import type { Journal } from '../../src/journal/index.js';
import { SequencerLifecycle } from '../../src/sequencer/sequencer-lifecycle.js';

function lifecycle() {
  const journal: { state: Journal['state']; failure: null } = { state: 'open', failure: null };
  return { journal, states: new SequencerLifecycle(journal) };
}

describe('SequencerLifecycle', () => {
  it('asks for a rebuild once, however many entries are not stored', () => {
    const { states } = lifecycle();
    expect([states.interrupt(), states.interrupt()]).toEqual([true, false]);
    expect([states.state, states.needsRebuild]).toEqual(['recovering', true]);
    states.beginRebuild();
    expect(states.needsRebuild).toBe(false);
    states.endRecovery(null);
    expect([states.state, states.refusal()]).toEqual(['open', null]);
  });

  it('leaves it to a catch-up to rebuild, if an entry is not stored meanwhile', () => {
    const { states } = lifecycle();
    states.beginCatchUp();
    expect(states.needsRebuild).toBe(false);
    expect(states.interrupt()).toBe(false);
    expect([states.state, states.needsRebuild]).toEqual(['recovering', true]);
  });

  it('accepts commands during a recovery, but no reading of the aggregate', () => {
    const { states } = lifecycle();
    states.beginCatchUp();
    expect(states.refusal()).toBeNull();
    expect(() => states.assertReadable()).toThrow(
      expect.objectContaining({ code: 'JOURNAL_AGGREGATE_UNAVAILABLE' }),
    );
    states.endRecovery(null);
    expect(() => states.assertReadable()).not.toThrow();
  });

  it.each([
    ['poisoned', 'JOURNAL_POISONED'],
    ['closed', 'JOURNAL_CLOSED'],
  ] as const)('stops after a recovery if the journal is %s, with a readable aggregate', (state, code) => {
    const { journal, states } = lifecycle();
    states.interrupt();
    journal.state = state;
    states.endRecovery(null);
    expect(states.state).toBe('stopped');
    expect(states.refusal()).toMatchObject({ code });
    expect(() => states.assertReadable()).not.toThrow();
    expect(states.interrupt()).toBe(false);
    expect(states.state).toBe('stopped');
  });

  it('stops with the error of a failed rebuild, or the reason why the aggregate is lost', () => {
    const failed = lifecycle().states;
    failed.interrupt();
    failed.fail(new RangeError('no memory'));
    expect([failed.state, failed.refusal()?.message]).toEqual(['stopped', 'no memory']);
    expect(() => failed.assertReadable()).toThrow('no memory');

    const { journal, states } = lifecycle();
    states.interrupt();
    journal.state = 'closed';
    states.endRecovery(new RangeError('lost'));
    expect(states.state).toBe('stopped');
    expect(() => states.assertReadable()).toThrow('lost');
  });

  it('refuses new commands after close, in every state, and changes no state', () => {
    const { states } = lifecycle();
    states.close();
    expect(states.refusal()).toMatchObject({ code: 'JOURNAL_CLOSED' });
    expect(states.state).toBe('open');
    states.beginCatchUp();
    states.endRecovery(null);
    expect(states.refusal()).toMatchObject({ code: 'JOURNAL_CLOSED' });
  });
});
