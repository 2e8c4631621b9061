/**
 * The contract: what a journal is, whatever stores it. Imports nothing else of the project.
 */
export * from './archived-entries.js';
export * from './codec.js';
export * from './command-id.js';
export * from './errors.js';
export * from './file-names.js';
export * from './journal.js';
export * from './missing-peer.error.js';
export * from './reading.js';
export * from './sequencer-event.js';
export * from './stored-entry.js';
export * from './subscription.js';
export { AdvanceListeners, PoisonListeners } from './listeners.js';
export { subscribeTo } from './subscription-reader.js';
export type { SubscribableJournal } from './subscription-source.js';
export * from './unknown-options.js';
export { assertSignal, onAbort } from './abort.js';
export * from './real-timers.js';
export * from './running-calls.js';
export * from './thrown.js';
