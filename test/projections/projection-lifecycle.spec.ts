/** The transition table of a projection, against the same table written as a matrix. */
import { describe, expect, it } from '@jest/globals';
import { ProjectionLifecycle, nextState } from '../../src/projections/projection-lifecycle.js';
import {
  EVENTS,
  STATES,
  TRANSITIONS,
  type LifecycleEvent,
  type LifecycleState,
} from '../../src/projections/projection-states.js';

/** One row for each event, one column for each state, in the order of STATES; a dot: the event is refused. */
const MATRIX = `
                 idle      expected  catchup   running   retrying  reloading pausing   paused    resetting failed    draining  finishing stopping  stopped   stopfail
  expect         expected  .         .         .         .         .         .         .         .         .         .         .         .         .         .
  start          catchup   catchup   .         .         .         .         .         .         .         .         .         .         .         .         .
  pause          paused    paused    pausing   pausing   pausing   pausing   .         paused    .         .         .         .         .         .         .
  resume         catchup   catchup   catchup   catchup   catchup   catchup   .         catchup   catchup   catchup   .         .         .         .         .
  rebuild        resetting resetting resetting resetting resetting resetting .         resetting .         resetting .         .         .         .         .
  drain          stopped   stopped   draining  draining  stopping  draining  finishing stopped   stopping  stopfail  .         .         .         .         .
  stop           stopped   stopped   stopping  stopping  stopping  stopping  stopping  stopped   stopping  stopfail  .         .         .         .         .
  abandon        stopped   stopped   stopped   stopped   stopped   stopped   stopped   stopped   stopped   stopfail  stopped   stopped   stopped   .         .
  attempt-began  .         .         .         .         reloading .         .         .         .         .         .         .         .         .         .
  opened         .         .         catchup   catchup   catchup   catchup   .         .         .         .         .         .         .         .         .
  caught-up      .         .         running   .         .         .         .         .         .         .         .         .         .         .         .
  attempt-failed .         .         retrying  retrying  retrying  retrying  .         .         .         .         .         .         .         .         .
  gave-up        .         .         failed    failed    failed    failed    .         .         failed    .         .         .         stopfail  .         .
  loop-ended     .         .         stopped   stopped   stopped   stopped   paused    .         .         .         stopped   stopped   stopped   .         .
`;

const ABBREVIATED: Readonly<Record<string, LifecycleState>> = {
  catchup: 'catching-up',
  stopfail: 'stopped-failed',
};
const states = Object.keys(STATES) as LifecycleState[];
const [columns = [], ...rows] = MATRIX.trim()
  .split('\n')
  .map((line) => line.trim().split(/\s+/));
const unabbreviated = (word = ''): string => ABBREVIATED[word] ?? word;
const pairs = states.flatMap((state) => EVENTS.map((event) => [state, event] as const));

/** The shortest sequence of events from the first state to each state. */
function pathsFrom(first: LifecycleState): ReadonlyMap<LifecycleState, readonly LifecycleEvent[]> {
  const paths = new Map<LifecycleState, readonly LifecycleEvent[]>([[first, []]]);
  for (const [state, path] of paths)
    for (const event of EVENTS) {
      const next = nextState(state, event);
      if (next !== null && !paths.has(next)) paths.set(next, [...path, event]);
    }
  return paths;
}

describe('the transition table of a projection', () => {
  it('is compared with a matrix of all its states and events', () => {
    expect(columns.map(unabbreviated)).toEqual(states);
    expect(rows.map(([event]) => event)).toEqual(EVENTS);
  });

  it.each(pairs)('in %s, %s leads to the state in the matrix, or is refused', (state, event) => {
    const row = rows[EVENTS.indexOf(event)] ?? [];
    const expected = unabbreviated(row[1 + states.indexOf(state)]);
    expect(nextState(state, event) ?? '.').toBe(expected);
  });

  it('lists no pair of state and event twice', () => {
    const listed = TRANSITIONS.flatMap(([from, event]) => from.map((state) => `${state} ${event}`));
    expect(new Set(listed).size).toBe(listed.length);
  });

  it('reaches every state, and leaves every state that does not say stopped', () => {
    expect([...pathsFrom('idle').keys()].sort()).toEqual([...states].sort());
    const final = states.filter((state) => EVENTS.every((event) => nextState(state, event) === null));
    expect(final).toEqual(['stopped', 'stopped-failed']);
  });

  it('ends every state within two events when the application stops', () => {
    for (const request of ['drain', 'stop', 'abandon'] as const)
      for (const state of states) {
        const asked = nextState(state, request) ?? state;
        const ended = nextState(asked, 'loop-ended') ?? asked;
        expect(STATES[ended].waits).toBe('stopped');
      }
  });
});

describe('the lifecycle of a projection', () => {
  it.each(pairs)('in %s, %s is applied or changes nothing', (state, event) => {
    let changes = 0;
    const lifecycle = new ProjectionLifecycle(() => (changes += 1));
    for (const step of pathsFrom('idle').get(state) ?? []) expect(lifecycle.apply(step)).toBe(true);
    expect({ order: lifecycle.order, waits: lifecycle.waits }).toEqual({
      order: STATES[state].order,
      waits: STATES[state].waits,
    });
    const before = { changes, shown: lifecycle.shown };
    const next = nextState(state, event);
    expect(lifecycle.apply(event)).toBe(next !== null);
    expect(changes).toBe(before.changes + (next === null ? 0 : 1));
    const { order, waits, shown } = STATES[next ?? state];
    expect({ order: lifecycle.order, waits: lifecycle.waits }).toEqual({ order, waits });
    expect(lifecycle.shown).toBe(next === null || shown === 'before' ? before.shown : shown);
  });

  it('shows the state before the pause until the loop has ended', () => {
    const lifecycle = new ProjectionLifecycle(() => undefined);
    const shown = (['start', 'caught-up', 'pause', 'loop-ended'] as const).map((event) => {
      lifecycle.apply(event);
      return lifecycle.shown;
    });
    expect(shown).toEqual(['catching-up', 'running', 'running', 'paused']);
  });
});
