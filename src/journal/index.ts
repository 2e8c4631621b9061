/**
 * The contract: what a journal is, whatever stores it. Imports nothing else of the project.
 */
export * from './codec.js';
export * from './command-id.js';
export * from './errors.js';
export * from './journal.js';
export * from './sequencer-event.js';
export * from './subscription.js';
export * from './thrown.js';
