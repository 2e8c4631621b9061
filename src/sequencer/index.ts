/**
 * The Sequencer: gives commands a sequence and a time, executes them, journals the events and answers.
 */
export { Sequencer } from './sequencer.js';
export {
  SEQUENCER_OPTIONS,
  type SequencerHostOptions,
  type SequencerOptions,
  type SequencerState,
} from './sequencer.interface.js';
export type { SubmitOptions } from './submit-options.js';
export type {
  AppliedAggregate,
  CommandContext,
  CommandOf,
  ResultOf,
  SequencerAggregate,
} from './sequencer-aggregate.interface.js';
export {
  AggregateUnavailableError,
  CommandIdReusedError,
  CommandResultUnavailableError,
  SequencerInterruptedError,
  SequencerOverloadedError,
} from './sequencer.errors.js';
export { SequencerClock, systemClock, type WallClock } from './sequencer-clock.js';
export { createEventConversion, type EventConversion } from './event-conversion.js';
export { createAggregateHandle } from './aggregate-handle.js';
export { CommitQueue, type Commit } from './commit-queue.js';
export {
  AppliedAggregateTarget,
  ExecutedAggregateTarget,
  type AggregateTargetOptions,
  type ExecutedAggregateTargetOptions,
  type OnDivergence,
} from './aggregate-target.js';
