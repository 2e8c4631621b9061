/**
 * The contract of every journal, whatever stores the entries. This room imports nothing else from the
 * project.
 */

// A journal: its methods, its entries, and the options of reading.
export * from './journal.js';
export * from './journal-entry.js';
export * from './read-options.js';
export * from './reports.js';
export * from './subscription.js';

// The stored event, and the codec that converts it to a payload and back.
export * from './codec.js';
export * from './command-id.js';
export * from './sequencer-event.js';

// Errors, and the description of values that application code threw.
export * from './describe-thrown.js';
export * from './errors/index.js';
