/**
 * The contract: what a journal is, whatever stores it. Imports nothing else of the project.
 */
export * from './codec.js';
export * from './errors.js';
export * from './journal.js';
export * from './reading.js';
export * from './sequencer-event.js';
export * from './stored-entry.js';
