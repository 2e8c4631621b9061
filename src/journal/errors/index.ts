/** The errors of journals. Every error has a code, and the facts as fields. */
export * from './append-errors.js';
export * from './argument-errors.js';
export * from './journal-error.js';
export * from './read-errors.js';
export * from './storage-errors.js';
