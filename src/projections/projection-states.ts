import type { ProjectionState } from './projection.interface.js';

/**
 * Order of the loop. `run`: it handles entries. `pause`: it ends after its batch. `drain`: it ends at the end
 * of the journal. `stop`: it ends after its entry.
 */
export type LoopOrder = 'run' | 'pause' | 'drain' | 'stop';

/**
 * Answer for a caller that waits for the projection. `pending`: it waits. `ending`: an existing wait
 * continues, but a new one is refused. All others: the wait is refused.
 */
export type WaitVerdict = 'pending' | 'ending' | 'not-started' | 'paused' | 'failed' | 'stopped';

interface Meaning {
  /** The state that the application sees; `before`: the same as in the previous state. */
  readonly shown: ProjectionState | 'before';
  readonly order: LoopOrder;
  readonly waits: WaitVerdict;
}

/** The states in the life of one projection. */
// prettier-ignore
export const STATES = {
  // Registered.
  'idle':           { shown: 'stopped',     order: 'stop',  waits: 'not-started' },
  // The application is about to start it.
  'expected':       { shown: 'stopped',     order: 'stop',  waits: 'pending' },
  // The loop has not reached the end of the journal since it was opened.
  'catching-up':    { shown: 'catching-up', order: 'run',   waits: 'pending' },
  // The loop has reached the end of the journal.
  'running':        { shown: 'running',     order: 'run',   waits: 'pending' },
  // The loop waits before its next attempt.
  'retrying':       { shown: 'paused',      order: 'run',   waits: 'pending' },
  // The next attempt has begun, and has not opened the journal yet.
  'reloading':      { shown: 'paused',      order: 'run',   waits: 'pending' },
  // The loop ends after its batch: an awaited entry may still be in it.
  'pausing':        { shown: 'before',      order: 'pause', waits: 'pending' },
  'paused':         { shown: 'paused',      order: 'stop',  waits: 'paused' },
  // A rebuild ends the loop and empties the read model.
  'resetting':      { shown: 'catching-up', order: 'stop',  waits: 'pending' },
  // Gave up after an error.
  'failed':         { shown: 'failed',      order: 'stop',  waits: 'failed' },
  // The application stops: the loop ends at the end of the journal.
  'draining':       { shown: 'draining',    order: 'drain', waits: 'ending' },
  // The application stops during a pause: the loop ends after its batch.
  'finishing':      { shown: 'draining',    order: 'pause', waits: 'ending' },
  // The application stops: the loop ends after its entry.
  'stopping':       { shown: 'draining',    order: 'stop',  waits: 'ending' },
  // For good.
  'stopped':        { shown: 'stopped',     order: 'stop',  waits: 'stopped' },
  // For good, after it gave up.
  'stopped-failed': { shown: 'failed',      order: 'stop',  waits: 'stopped' },
} as const satisfies Record<string, Meaning>;

export type LifecycleState = keyof typeof STATES;

export const EVENTS = [
  // Requests of the application. `drain` handles what is visible, `stop` ends after the entry, `abandon`
  // waits for nothing.
  'expect',
  'start',
  'pause',
  'resume',
  'rebuild',
  'drain',
  'stop',
  'abandon',
  // Reports of the loop.
  'attempt-began',
  'opened',
  'caught-up',
  'attempt-failed',
  'gave-up',
  'loop-ended',
] as const;

export type LifecycleEvent = (typeof EVENTS)[number];

export type Transition = readonly [
  from: readonly LifecycleState[],
  event: LifecycleEvent,
  next: LifecycleState,
];

const RESTING = ['idle', 'expected', 'paused'] as const;
const LOOPING = ['catching-up', 'running', 'retrying', 'reloading'] as const;
const ENDING = ['draining', 'finishing', 'stopping'] as const;

/** All transitions. An event that is not listed for a state is refused: it changes nothing. */
// prettier-ignore
export const TRANSITIONS: readonly Transition[] = [
  // in one of these states                                          after             comes
  [['idle'],                                                         'expect',         'expected'],
  [['idle', 'expected'],                                             'start',          'catching-up'],
  [['retrying'],                                                     'attempt-began',  'reloading'],
  [LOOPING,                                                          'opened',         'catching-up'],
  [['catching-up'],                                                  'caught-up',      'running'],

  [RESTING,                                                          'pause',          'paused'],
  [LOOPING,                                                          'pause',          'pausing'],
  [['pausing'],                                                      'loop-ended',     'paused'],
  [[...RESTING, ...LOOPING, 'failed', 'resetting'],                  'resume',         'catching-up'],

  [LOOPING,                                                          'attempt-failed', 'retrying'],
  [[...LOOPING, 'resetting'],                                        'gave-up',        'failed'],

  [[...RESTING, ...LOOPING, 'failed'],                               'rebuild',        'resetting'],

  [['catching-up', 'running', 'reloading'],                          'drain',          'draining'],
  [['pausing'],                                                      'drain',          'finishing'],
  [['retrying', 'resetting'],                                        'drain',          'stopping'],
  [[...LOOPING, 'pausing', 'resetting'],                             'stop',           'stopping'],
  [[...LOOPING, ...ENDING],                                          'loop-ended',     'stopped'],
  [RESTING,                                                          'drain',          'stopped'],
  [RESTING,                                                          'stop',           'stopped'],
  [[...RESTING, ...LOOPING, 'pausing', 'resetting', ...ENDING],      'abandon',        'stopped'],
  [['stopping'],                                                     'gave-up',        'stopped-failed'],
  [['failed'],                                                       'drain',          'stopped-failed'],
  [['failed'],                                                       'stop',           'stopped-failed'],
  [['failed'],                                                       'abandon',        'stopped-failed'],
];
