/** The contract: what a journal is, whatever stores it. Imports nothing of the project. */

// A journal: its methods, its entries, and how to read them.
export * from './journal.js';
export * from './journal-entry.js';
export * from './read-options.js';
export * from './reports.js';
export * from './subscription.js';

// What it stores, and the codec between an event and its payload.
export * from './codec.js';
export * from './command-id.js';
export * from './sequencer-event.js';

// Errors, and the description of values that application code threw.
export * from './describe-thrown.js';
export * from './errors.js';
